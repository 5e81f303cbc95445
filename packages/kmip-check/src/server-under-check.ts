import { createHash, timingSafeEqual } from 'node:crypto';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import { assert, type Clock, type KeyId, type Network, type NetworkAddress, type TlsIdentity } from '@vcryptsim/ports';
import { TappedNetwork } from '@vcryptsim/simkit';
import {
  type ConversationProfile,
  createKey,
  KeyServerLink,
  type KeyServerTarget,
} from '@vcryptsim/vcenter/conversation';
import { LastMessage } from './last-message.js';
import { Trouble, troubleOf } from './trouble.js';

/** Whom to check, as whom, and how hard. */
export interface CheckOptions {
  readonly address: NetworkAddress;
  /** The client certificate and key that the server knows. */
  readonly identity: TlsIdentity;
  /** DER of the authorities of the server's certificate, or of that certificate itself. */
  readonly trusted: readonly Uint8Array[];
  /** For the header of every request but Discover Versions; the caller zeroes the password. */
  readonly credential: KeyServerTarget['credential'];
  readonly profile: ConversationProfile;
  readonly network: Network;
  readonly clock: Clock;
  /** For a connection, and again for each answer. */
  readonly timeoutMs: number;
  /** How many hosts ask for their keys at once. */
  readonly hosts: number;
  /** How many health polls are made, and how far apart. vCenter polls each 300 s. */
  readonly polls: number;
  readonly pollIntervalMs: number;
  /** Restarts the server, and resolves when that was done; null when nobody asked for it. */
  readonly restart: (() => Promise<void>) | null;
  /** Until when a restarted server must answer again. */
  readonly restartLimitMs: number;
}

/** A key server, as the checks see it: by vCenter's own conversation with it. */
export class ServerUnderCheck {
  readonly options: CheckOptions;
  /** IDs of the keys that the checks made and that may still be there. */
  readonly keys = new Set<KeyId>();
  #pinned: Uint8Array | null = null;
  #firstKey: KeyId | null = null;
  #digest: Uint8Array | null = null;

  constructor(options: CheckOptions) {
    this.options = options;
  }

  /** Trusts exactly this certificate (DER) from now on, as vCenter does after the upload. */
  pin(certificate: Uint8Array): void {
    this.#pinned = certificate;
  }

  /** The key on which most checks work. */
  get firstKey(): KeyId {
    assert(this.#firstKey, 'checks that use the first key need the one that makes it');
    return this.#firstKey;
  }

  set firstKey(id: KeyId) {
    this.#firstKey = id;
  }

  /**
   * Holds one step on a connection of its own, as vCenter does: Discover Versions first.
   *
   * @param onRefusal told how the server refused something that vCenter's step went on without
   * @throws Trouble
   */
  async converse<T>(
    step: (session: KmipSession) => Promise<T>,
    onRefusal: (words: string) => void = () => {},
  ): Promise<T> {
    const last = new LastMessage();
    try {
      const value = await this.#link(last).converse(this.#target(), step);
      if (last.refusal !== null) onRefusal(last.refusal);
      return value;
    } catch (error) {
      throw error instanceof Trouble ? error : troubleOf(error, last);
    }
  }

  /** Opens a TLS connection and ends it without a byte. @throws Trouble */
  async probe(): Promise<void> {
    const last = new LastMessage();
    try {
      await this.#link(last).probe(this.#target());
    } catch (error) {
      throw troubleOf(error, last);
    }
  }

  /** Makes a key as vCenter does. @throws Trouble */
  async makeKey(): Promise<KeyId> {
    const id = await this.converse(createKey);
    this.keys.add(id);
    return id;
  }

  /** Says whether these are the bytes of the first key as they were seen first; keeps a digest of them, not the bytes. */
  isSameKey(view: Uint8Array): boolean {
    const digest = createHash('sha256').update(view).digest();
    this.#digest ??= digest;
    return timingSafeEqual(this.#digest, digest);
  }

  #link(last: LastMessage): KeyServerLink {
    const { network, clock, timeoutMs } = this.options;
    return new KeyServerLink({ network: new TappedNetwork(network, 'vcenter', last), clock, timeoutMs });
  }

  #target(): KeyServerTarget {
    const { address, identity, credential } = this.options;
    assert(this.#pinned, 'checks that connect need the one that looks at the certificate');
    return { address, identity, trusted: this.#pinned, credential };
  }
}
