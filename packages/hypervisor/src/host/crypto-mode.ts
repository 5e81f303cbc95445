import { type CryptoKeyId, type EventSink, formatKeyId, sameKeyId } from '@vcryptsim/ports';
import type { HostCapability } from '../api/capability.js';
import type { CryptoState, EsxiVersion } from '../api/crypto-state.js';
import { HypervisorError } from '../api/errors.js';
import type { HostEvent } from '../api/events.js';
import { alreadyExists, notSupported } from '../api/faults.js';

/**
 * Whether a host may hold secrets: `incapable` after every boot, `prepared` when it will not leak what comes, `safe`
 * with a host key (facts/vsphere-encryption.md section 2).
 */
export class CryptoMode {
  #state: CryptoState = 'incapable';
  #hostKeyId: CryptoKeyId | null = null;

  constructor(
    readonly version: EsxiVersion,
    readonly capability: HostCapability,
    readonly events: EventSink<HostEvent>,
  ) {}

  get state(): CryptoState {
    return this.#state;
  }

  /** The host key's ID while `safe`. */
  get hostKeyId(): CryptoKeyId | null {
    return this.#hostKeyId;
  }

  /** Whether keys may come in at all. */
  get takesKeys(): boolean {
    return this.#state === 'prepared' || this.#state === 'safe';
  }

  /** Throws NOT_SUPPORTED on a host without encryption. `what` is what is asked of it, as the subject of a sentence. */
  checkSupported(what: string): void {
    if (this.capability.cryptoSupported === true) return;
    throw notSupported(
      'encryption',
      `${what} needs VM encryption, which ESXi ${this.version} does not have. Use a host of version 6.5 or later.`,
    );
  }

  /** incapable -> prepared; INVALID_STATE from elsewhere, NOT_SUPPORTED without encryption. */
  prepare(): void {
    this.checkSupported('Host encryption mode');
    if (this.#state !== 'incapable') throw this.#invalid('Only an incapable host can be prepared.');
    this.#change('prepared');
  }

  /** What {@link enable} would refuse; true when the host is safe with this very key already. */
  checkEnable(hostKeyId: CryptoKeyId): boolean {
    this.checkSupported('Host encryption mode');
    if (this.#state === 'safe' && this.#hostKeyId !== null) {
      if (sameKeyId(this.#hostKeyId, hostKeyId)) return true;
      throw alreadyExists(
        `Another host key, ${formatKeyId(this.#hostKeyId)},`,
        'Change the host key instead of setting one.',
      );
    }
    if (this.#state !== 'prepared') throw this.#invalid('Prepare the host for encryption first.');
    return false;
  }

  /** prepared -> safe. */
  enable(hostKeyId: CryptoKeyId): void {
    this.#hostKeyId = hostKeyId;
    this.#change('safe');
  }

  /** Refuses what only a safe host may do. */
  checkSafe(): void {
    if (this.#state !== 'safe') throw this.#invalid('Enable host encryption mode first.');
  }

  #change(to: CryptoState): void {
    const from = this.#state;
    this.#state = to;
    this.events.emit({ type: 'CRYPTO_STATE_CHANGED', from, to });
  }

  #invalid(next: string): HypervisorError {
    return new HypervisorError(
      { code: 'INVALID_STATE', state: this.#state },
      `The host's encryption mode is ${this.#state}. ${next}`,
    );
  }
}
