import { createHash, timingSafeEqual } from 'node:crypto';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import {
  assert,
  type Clock,
  type KeyId,
  type Network,
  type NetworkAddress,
  type TlsFacts,
  type TlsIdentity,
} from '@vcryptsim/ports';
import { TappedNetwork } from '@vcryptsim/simkit';
import { createKey, KeyServerLink, type KeyServerTarget } from '@vcryptsim/vcenter/conversation';
import { KeptWire } from './kept-wire.js';
import { LastMessage } from './last-message.js';
import type { CheckProfile } from './profiles.js';
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
  readonly profile: CheckProfile;
  readonly network: Network;
  readonly clock: Clock;
  /** For a connection, and again for each answer. */
  readonly timeoutMs: number;
  /** How many hosts ask for their keys at once. */
  readonly hosts: number;
  /** How many health polls are made, and how far apart. vCenter polls each 300 s. */
  readonly polls: number;
  readonly pollIntervalMs: number;
  /** Names of the checks to make, with those that they need; null for all. */
  readonly only: ReadonlySet<string> | null;
  /** Keeps what passed in a check, already redacted; answers where, for the report. Null where nobody wants it. */
  readonly evidence: ((check: string, wire: KeptWire) => Promise<string>) | null;
  /** Somebody whom the server cannot know; null when there is nobody. */
  readonly stranger: TlsIdentity | null;
  /** A newer certificate and key of the same client; null when nobody asked for it. */
  readonly renewed: TlsIdentity | null;
  /** The other nodes of the same provider. */
  readonly nodes: readonly NetworkAddress[];
  /** Restarts the server, and resolves when that was done; null when nobody asked for it. */
  readonly restart: (() => Promise<void>) | null;
  /** Until when a restarted server must answer again. */
  readonly restartLimitMs: number;
}

/** Another node of the same provider. */
export type Node = Pick<KeyServerTarget, 'address' | 'trusted'>;

/** As whom and with whom a step is held, where that is not the usual. */
export interface Conversing {
  /** Told how the server refused something that vCenter's step went on without. */
  readonly onRefusal?: (words: string) => void;
  /** Somebody else's, who has no credential either unless one is given. */
  readonly identity?: TlsIdentity | undefined;
  /** In place of the usual one. */
  readonly credential?: KeyServerTarget['credential'];
  readonly node?: Node | undefined;
}

/** How long a server took for one kind of message, from the request's last byte to the answer's first. */
export interface OperationLatency {
  readonly operation: string;
  readonly count: number;
  readonly medianMs: number;
  readonly slowestMs: number;
}

/** A key server, as the checks see it: by vCenter's own conversation with it. */
export class ServerUnderCheck {
  readonly options: CheckOptions;
  /** IDs of the keys that the checks made and that may still be there. */
  readonly keys = new Set<KeyId>();
  /** Those that were made at other nodes. */
  readonly keysElsewhere: { readonly id: KeyId; readonly node: Node }[] = [];
  /** Versions in the headers of all answers: `1.1`. */
  readonly versions = new Set<string>();
  #pinned: Uint8Array | null = null;
  #firstKey: KeyId | null = null;
  #digest: Uint8Array | null = null;
  #kept = new KeptWire();
  /** What the first handshake agreed on. */
  tls: TlsFacts | null = null;
  /** Whether the renewed certificate is shown from now on. */
  isRenewed = false;
  readonly #latencies = new Map<string, number[]>();

  constructor(options: CheckOptions) {
    this.options = options;
  }

  /** Trusts exactly this certificate (DER) from now on, as vCenter does after the upload. */
  pin(certificate: Uint8Array): void {
    this.#pinned = certificate;
  }

  /** DER of the certificate that the server shows. */
  get certificate(): Uint8Array {
    assert(this.#pinned, 'checks that look at the certificate need the one that fetches it');
    return this.#pinned;
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
   * @throws Trouble
   */
  async converse<T>(step: (session: KmipSession) => Promise<T>, o: Conversing = {}): Promise<T> {
    const last = new LastMessage(this.options.clock);
    const target = {
      ...this.#target(),
      ...o.node,
      ...(o.identity && { identity: o.identity, credential: null }),
      ...(o.credential !== undefined && { credential: o.credential }),
    };
    try {
      const value = await this.#link(last).converse(target, step);
      if (last.refusal !== null) o.onRefusal?.(last.refusal);
      return value;
    } catch (error) {
      throw error instanceof Trouble ? error : troubleOf(error, last);
    } finally {
      for (const version of last.versions) this.versions.add(version);
      for (const one of last.latencies) this.#noteLatency(one);
    }
  }

  /** Opens a TLS connection and ends it without a byte. @throws Trouble */
  async probe(): Promise<void> {
    const last = new LastMessage(this.options.clock);
    try {
      await this.#link(last).probe(this.#target());
    } catch (error) {
      throw troubleOf(error, last);
    }
  }

  /** Makes a key as vCenter does, at another node where one is given. @throws Trouble */
  async makeKey(node?: Node): Promise<KeyId> {
    const id = await this.converse(createKey, { node });
    if (node === undefined) this.keys.add(id);
    else this.keysElsewhere.push({ id, node });
    return id;
  }

  /** Says whether these are the bytes of the first key as they were seen first; keeps a digest of them, not the bytes. */
  isSameKey(view: Uint8Array): boolean {
    const digest = createHash('sha256').update(view).digest();
    this.#digest ??= digest;
    return timingSafeEqual(this.#digest, digest);
  }

  /** How long answers took, by operation, in the order in which operations were first asked. */
  get latencies(): readonly OperationLatency[] {
    return [...this.#latencies].map(([operation, took]) => {
      const sorted = took.toSorted((a, b) => a - b);
      const medianMs = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return { operation, count: took.length, medianMs, slowestMs: sorted.at(-1) ?? 0 };
    });
  }

  #noteLatency({ request, tookMs }: { readonly request: string; readonly tookMs: number }): void {
    const known = this.#latencies.get(request);
    if (known) known.push(tookMs);
    else this.#latencies.set(request, [tookMs]);
  }

  /** What passed since this was asked last, redacted; empty unless evidence is wanted. */
  takeKept(): KeptWire {
    const kept = this.#kept;
    this.#kept = new KeptWire();
    return kept;
  }

  #link(last: LastMessage): KeyServerLink {
    const { network, clock, timeoutMs, evidence } = this.options;
    const tapped = new TappedNetwork(network, 'vcenter', last);
    const watched = evidence === null ? tapped : new TappedNetwork(tapped, 'vcenter', this.#kept);
    return new KeyServerLink({ network: watched, clock, timeoutMs });
  }

  #target(): KeyServerTarget {
    const { address, renewed, credential } = this.options;
    const identity = this.isRenewed && renewed !== null ? renewed : this.options.identity;
    assert(this.#pinned, 'checks that connect need the one that looks at the certificate');
    return { address, identity, trusted: this.#pinned, credential };
  }
}
