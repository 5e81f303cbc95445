import type { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import { type CryptoKeyId, type EventSink, formatKeyId, type ProviderId } from '@vcryptsim/ports';
import { VPXD } from '../database/schema.js';
import type { ConversationProfile } from '../kmip/conversation-profile.js';
import { createKey } from '../kmip/create-key.js';
import { isItemNotFound } from '../kmip/failure-code.js';
import { fetchKey, UnusableKeyError } from '../kmip/fetch-key.js';
import { type KeyConsumer, tagConsumer } from '../kmip/tag-consumer.js';
import { tagProduct } from '../kmip/tag-product.js';
import { providerEntity } from '../records/entity.js';
import type { EventLog } from '../records/event-log.js';
import { VCenterError } from '../terms/errors.js';
import type { VCenterEvent } from '../terms/events.js';
import { EveryServerFailed, type KeyServers, type ServerRefusal } from './key-servers.js';

/** Keys of the key providers, as vCenter has them: it asks for one by ID and carries it in a sealed parcel. */
export class Keys {
  readonly #servers: KeyServers;
  readonly #profile: ConversationProfile;
  readonly #eventLog: EventLog;
  readonly #observer: EventSink<VCenterEvent>;

  constructor(o: {
    readonly servers: KeyServers;
    readonly profile: ConversationProfile;
    readonly eventLog: EventLog;
    readonly observer: EventSink<VCenterEvent>;
  }) {
    this.#servers = o.servers;
    this.#profile = o.profile;
    this.#eventLog = o.eventLog;
    this.#observer = o.observer;
  }

  /**
   * Lets a provider make an AES-256 key (GenerateKey) and tags it with the product. The key is Pre-Active until it is
   * fetched for the first time; vCenter never deletes it, whatever becomes of what it was made for.
   *
   * @throws VCenterError PROVIDER_NOT_FOUND, KEY_GENERATION_FAILED
   */
  async generate(providerId: ProviderId): Promise<CryptoKeyId> {
    try {
      const { server, value: keyId } = await this.#servers.inTurn(providerId, 'CREATE', createKey);
      const id = { keyId, providerId };
      this.#observer.emit({ type: 'KEY_GENERATED', keyId: id, server });
      const tagged = await this.#servers.inTurn(providerId, 'TAG_PRODUCT', (session) =>
        tagProduct(session, keyId, this.#profile),
      );
      if (tagged.value === 'refused')
        this.#observer.emit({ type: 'TAGGING_REFUSED', keyId: id, server: tagged.server });
      return id;
    } catch (error) {
      if (!(error instanceof EveryServerFailed)) throw error;
      const message = tell(error.refusals, (server) => `Failed to generate key on KMS ${server}`);
      await this.#eventLog.record({
        type: 'com.vmware.vc.kms.crypto.KeyGenerateFail',
        entity: providerEntity(providerId),
        user: VPXD,
        detail: message,
      });
      throw new VCenterError(
        { code: 'KEY_GENERATION_FAILED', providerId, servers: failuresOf(error) },
        `${message} Check the key servers' status, then try again.`,
      );
    }
  }

  /**
   * Fetches a key by its ID, activating it if need be. Whoever calls owns the parcel and disposes what is left of it.
   *
   * @throws VCenterError PROVIDER_NOT_FOUND; KEY_NOT_FOUND when every server says so; KEY_NOT_ACTIVE when it may not be
   *   used; KMS_CLUSTER_ERROR when a server that may have it could not be asked
   */
  async fetch(id: CryptoKeyId): Promise<KeyParcel> {
    try {
      const { server, value } = await this.#servers.inTurn(
        id.providerId,
        'FETCH',
        (session) => fetchKey(session, id.keyId),
        (error) => error instanceof UnusableKeyError,
      );
      this.#observer.emit({ type: 'KEY_FETCHED', keyId: id, server });
      return value;
    } catch (error) {
      if (error instanceof UnusableKeyError) throw keyNotActive(id, error.state);
      if (error instanceof EveryServerFailed) throw keyNotFetched(id, error);
      throw error;
    }
  }

  /** Tags a key with whom it is for. @throws VCenterError KMS_CLUSTER_ERROR, PROVIDER_NOT_FOUND */
  async tag(id: CryptoKeyId, consumer: KeyConsumer): Promise<void> {
    try {
      const { server, value } = await this.#servers.inTurn(id.providerId, 'TAG_CONSUMER', (session) =>
        tagConsumer(session, id.keyId, consumer),
      );
      if (value === 'refused') this.#observer.emit({ type: 'TAGGING_REFUSED', keyId: id, server });
    } catch (error) {
      if (error instanceof EveryServerFailed) throw keyNotFetched(id, error);
      throw error;
    }
  }
}

function failuresOf({ refusals }: EveryServerFailed) {
  return refusals.map(({ server, code }) => ({ server, code }));
}

// What a server or a socket says may or may not be a whole sentence.
function tell(refusals: readonly ServerRefusal[], about: (server: string) => string): string {
  return refusals.map(({ server, message }) => `${about(server)}: ${message.replace(/\.?$/, '.')}`).join(' ');
}

function keyNotActive(id: CryptoKeyId, state: string): VCenterError {
  return new VCenterError(
    { code: 'KEY_NOT_ACTIVE', keyId: id, state },
    `Key ${formatKeyId(id)} cannot be used: it is ${state}. Ask the key server's administrator to make it active again, then unlock the VM.`,
  );
}

/**
 * A key counts as missing only if all servers say that they lack it: one that cannot be asked may be the one that has
 * it while another lags behind (ours; the real rule is unpublished).
 */
function keyNotFetched(id: CryptoKeyId, error: EveryServerFailed): VCenterError {
  if (error.refusals.length > 0 && error.refusals.every(({ code }) => isItemNotFound(code))) {
    return new VCenterError(
      { code: 'KEY_NOT_FOUND', keyId: id },
      `Key ${formatKeyId(id)} not found. Ask the key server's administrator to restore the key under this ID, then unlock the VM.`,
    );
  }
  const message = tell(error.refusals, (server) => `Cannot get key ${id.keyId} from KMS server ${server}, reason`);
  return new VCenterError(
    {
      code: 'KMS_CLUSTER_ERROR',
      keyId: id,
      servers: failuresOf(error),
      answered: error.refusals.some((one) => one.answered),
    },
    `${message} Restore the connection to key provider ${id.providerId}; vCenter tries again by itself, or unlock the VM.`,
  );
}
