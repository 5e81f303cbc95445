import type {
  Clock,
  Entropy,
  EventSink,
  FileSystem,
  KeyPairSource,
  KeyServerName,
  Network,
  NetworkAddress,
  ProviderId,
} from '@vcryptsim/ports';
import type { VCenterEvent } from './events.js';
import type { HostLinks } from './host-links.js';
import type { VCenterSettings } from './settings.js';
import type { VCenterVersion } from './versions.js';

/** What a vCenter is made of. */
export interface VCenterOptions {
  /** Its name, for a new database. */
  readonly name: string;
  /** Absolute path of its folder (`vcdb.log`, `vecs/`). The same folder again is the same vCenter after a reboot. */
  readonly folder: string;
  readonly files: FileSystem;
  readonly clock: Clock;
  /** A stream of its own; a new one for each boot. */
  readonly entropy: Entropy;
  /** The way to key servers. */
  readonly network: Network;
  readonly keyPairs: KeyPairSource;
  readonly hosts: HostLinks;
  readonly events: EventSink<VCenterEvent>;
  /** Default `7.0U3`. */
  readonly version?: VCenterVersion;
  readonly settings?: Partial<VCenterSettings>;
}

/** A key server of a provider, to add or to change (KmipServerSpec). */
export interface KmipServerSpec {
  readonly providerId: ProviderId;
  readonly server: {
    readonly name: KeyServerName;
    readonly address: NetworkAddress;
    /** Sent with a password in KMIP headers; left out, no credential is sent. */
    readonly userName?: string;
  };
  /** Password for that user, UTF-8; the caller zeroes it. Empty: the one that is kept is taken away. */
  readonly password?: Uint8Array;
}
