import type { DiskCreateSpec } from '@vcryptsim/hypervisor/api';
import type {
  Clock,
  CryptoKeyId,
  Entropy,
  EventSink,
  FileSystem,
  HostName,
  KeyPairSource,
  KeyServerName,
  Network,
  NetworkAddress,
  ProviderId,
  VmName,
  VmUuid,
} from '@vcryptsim/ports';
import type { VCenterEvent } from './events.js';
import type { HostLinks } from './host-links.js';
import type { VCenterSettings, VCenterVersion } from './settings.js';

/** What a vCenter is made of. */
export interface VCenterOptions {
  /** Its name, for a new database. */
  readonly name: string;
  /** Absolute path of its folder (`vcdb.json`, `vecs/`). The same folder again is the same vCenter after a reboot. */
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
  /** Default `7.0.3`. */
  readonly version?: VCenterVersion;
  readonly settings?: Partial<VCenterSettings>;
}

/** A VM to make. */
export interface VmRequest {
  readonly name: VmName;
  readonly host: HostName;
  /** Instance UUID; drawn when left out. */
  readonly uuid?: VmUuid;
  /** Name of the host's datastore that takes the VM's folder; default: the host's first. */
  readonly datastore?: string;
  readonly guestId?: string;
  readonly memoryMiB?: number;
  /** Disks; one with a `crypto` of its own is treated apart from the VM home (row S06). */
  readonly disks: readonly DiskCreateSpec[];
  /** Storage policy. `VM Encryption Policy` encrypts the VM home and all disks with one KEK. Left out: a plain VM. */
  readonly policy?: string;
  /** An existing key to encrypt with, instead of a new one of the default provider. */
  readonly cryptoKeyId?: CryptoKeyId;
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
