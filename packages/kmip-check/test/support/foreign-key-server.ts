import { randomBytes, X509Certificate } from 'node:crypto';
import {
  type Attribute,
  attribute,
  attributeText,
  KmipError,
  type ManagedObject,
  textAttribute,
} from '@vcryptsim/kmip-lite';
import { type OperationTable, serveChannel } from '@vcryptsim/kmip-lite/server';
import { summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { fingerprintSha256, PkiError, peerJudge } from '@vcryptsim/pki';
import type { Channel, Clock, Listener, Network, PeerCertificate, TlsIdentity } from '@vcryptsim/ports';
import type { Flaw } from './flaws.js';
import { WIRE_FLAWS } from './wire-flaws.js';

export type KeyState = 'PreActive' | 'Active' | 'Deactivated' | 'Compromised' | 'Destroyed';

/** One key of it. */
export interface Key {
  bytes: Uint8Array;
  readonly madeMs: number;
  state: KeyState;
  readonly attributes: Attribute[];
}

/** A key server of a few lines, good but for its flaws. */
export class ForeignKeyServer {
  readonly #keys = new Map<string, Key>();
  readonly #strangers = new Set<string>();
  readonly #ghosts = new Map<string, Key>();
  readonly #alive = new Set<string>();
  readonly #dead = new Set<string>();
  open = 0;
  #listener: Listener | null = null;
  polls = 0;
  #made = 0;
  /** User names of the credentials that came, with their passwords. */
  readonly credentials = new Set<string>();
  connections = 0;

  constructor(
    readonly network: Network,
    readonly clock: Clock,
    readonly identity: TlsIdentity,
    readonly client: Uint8Array,
    readonly flaws: readonly Flaw[],
    readonly name = 'kms',
  ) {}

  /** A newer certificate of the same client. */
  renewed: Uint8Array | null = null;
  #isRenewed = false;
  readonly #openOnes = new Set<Channel>();

  has(flaw: Flaw): boolean {
    return this.flaws.includes(flaw);
  }

  async start(): Promise<void> {
    this.#listener = await this.network.listen(
      { name: this.name },
      {
        identities: [this.identity],
        judge: (chain) => this.#judge(chain),
        onChannel: (channel) => this.#serve(channel),
      },
    );
  }

  async stop(): Promise<void> {
    await this.#listener?.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    if (this.has('forgets keys at a restart')) this.#keys.clear();
    if (this.has('other bytes after a restart')) {
      for (const key of this.#keys.values()) key.bytes = Uint8Array.from(randomBytes(32));
    }
    await this.clock.after(3_000);
    if (!this.has('stays away after a restart')) await this.start();
  }

  async #judge(chain: readonly Uint8Array[]): Promise<PeerCertificate> {
    const usages = chain[0] === undefined ? [] : new X509Certificate(chain[0]).keyUsage;
    if (this.has('insists on clientAuth') && !usages?.includes('1.3.6.1.5.5.7.3.2')) {
      throw new PkiError('WRONG_USAGE', fingerprintSha256(chain[0] ?? new Uint8Array(0)));
    }
    const [leaf] = chain;
    if (leaf === undefined && this.has('asks for no certificate')) return nobody;
    const shows = (one: Uint8Array | null) =>
      leaf !== undefined && one !== null && fingerprintSha256(leaf) === fingerprintSha256(one);
    const isRenewed = shows(this.renewed) && !this.has('renewed certificate refused');
    if (isRenewed) {
      this.#isRenewed = true;
      if (this.has('renewal ends open connections')) for (const channel of this.#openOnes) void channel.abort();
      return peerJudge({ pins: chain.slice(0, 1), authorities: [] }, this.clock)(chain);
    }
    if (this.#isRenewed && this.has('renewal ends the old certificate')) throw new PkiError('REVOKED', 'vc');
    const isKnown = shows(this.client);
    const takesAll = this.has('takes any certificate') || this.has('asks for no certificate');
    if (leaf !== undefined && !isKnown && (takesAll || this.has('answers strangers with a refusal'))) {
      const peer = await peerJudge({ pins: [leaf], authorities: [] }, this.clock)(chain);
      this.#strangers.add(peer.fingerprintSha256);
      return peer;
    }
    return peerJudge({ pins: [this.client], authorities: [] }, this.clock)(chain);
  }

  async #serve(channel: Channel): Promise<void> {
    this.connections += 1;
    this.open += 1;
    this.#openOnes.add(channel);
    const isLate = this.has('dies at the second health poll') && this.polls > 2;
    if (isLate || (this.has('four connections at most') && this.open > 4)) {
      await channel.abort();
    } else {
      const heard = new HeardChannel(channel, this.flaws, this.clock, () => {
        this.polls += 1;
      });
      await serveChannel<ForeignKeyServer>(heard, {
        operations,
        context: this,
        clock: this.clock,
        firstRequestTimeoutMs: 600_000,
        messageTimeoutMs: 600_000,
        admit: async (credential) => {
          if (credential?.type === 'UsernameAndPassword') {
            const shown = `${credential.username}:${new TextDecoder().decode(credential.password)}`;
            this.credentials.add(shown);
            this.#admitPassword(shown, channel);
          }
          const isOther = this.renewed !== null && channel.peer.fingerprintSha256 === fingerprintSha256(this.renewed);
          if (isOther && this.has('keys tied to the certificate')) throw new KmipError('ItemNotFound', 'no such key');
          const isStranger = this.#strangers.has(channel.peer.fingerprintSha256);
          if (isStranger && this.has('answers strangers with a refusal')) throw new KmipError('PermissionDenied', 'no');
          if (this.has('authentication fails')) throw new KmipError('AuthenticationNotSuccessful', 'who are you');
        },
      });
      if (this.has('dies of an empty connection') && !heard.spoken && this.connections > 1) await this.stop();
    }
    this.open -= 1;
    this.#openOnes.delete(channel);
  }

  /** `vSphere` with `open sesame` is registered. */
  #admitPassword(shown: string, channel: Channel): void {
    const isRight = shown === 'vSphere:open sesame' && !this.has('right password refused');
    const isUser = shown.startsWith('vSphere:') && this.has('any password taken');
    const isPassword = shown.endsWith(':open sesame') && this.has('any user taken');
    if (isRight || isUser || isPassword || this.has('user and password not looked at')) return;
    if (this.has('wrong password ends the connection')) void channel.abort();
    throw new KmipError('AuthenticationNotSuccessful', 'user or password is wrong');
  }

  make(): string {
    this.#made += 1;
    const id = this.#idOf(this.#made);
    const bytes = this.has('the same bytes for every key') ? new Uint8Array(32).map((_, at) => at) : randomBytes(32);
    this.#keys.set(id, {
      madeMs: this.clock.nowMs,
      bytes: this.has('keys of 128 bits') ? Uint8Array.from(randomBytes(16)) : Uint8Array.from(bytes),
      state: this.has('keys born Active') ? 'Active' : this.#bornState(),
      attributes: [],
    });
    if (this.has('keys of zeros')) this.find(id).bytes.fill(0);
    return id;
  }

  #bornState(): KeyState {
    if (this.has('keys born Deactivated')) return 'Deactivated';
    return this.has('keys born Compromised') ? 'Compromised' : 'PreActive';
  }

  #idOf(count: number): string {
    if (this.has('the same ID for every key')) return 'the-key';
    if (this.has('IDs of 300 characters')) return `${'k'.repeat(300)}${count}`;
    return this.has('IDs of odd characters') ? `hsm::1/+a%2fb,c)d|"q ${count}` : String(count);
  }

  find(id: string): Key {
    const key = this.#keys.get(id) ?? (this.has('a key for every ID') ? this.#keys.get('1') : undefined);
    if (key) return key;
    throw this.has('General Failure for a missing key')
      ? new KmipError('GeneralFailure', 'something went wrong')
      : new KmipError('ItemNotFound', 'no such key');
  }

  /** As Get Attributes sees it. */
  stateOf(id: string): KeyState {
    if (this.#alive.has(id)) return 'Active';
    if (this.#dead.has(id)) return 'Destroyed';
    return this.find(id).state;
  }

  /** As Get sees it, which may be more than is there. */
  findToGet(id: string): Key {
    const ghost = this.#ghosts.get(id);
    if (ghost && this.has('Get answers with destroyed keys')) return ghost;
    const first = this.#keys.get('1');
    if (first && !this.#keys.has(id) && this.has('Get answers for every ID')) return first;
    const key = this.find(id);
    if (this.has('another key under load') && this.open > 8) return { ...key, bytes: Uint8Array.from(randomBytes(32)) };
    const isOver = key.state === 'Deactivated';
    if (isOver && this.has('another key after Revoke')) return { ...key, bytes: Uint8Array.from(randomBytes(32)) };
    if (isOver && this.has('no Get after Revoke')) throw new KmipError('PermissionDenied', 'the key is deactivated');
    return key;
  }

  destroy(id: string): void {
    const key = this.find(id);
    if (this.has('Destroy without effect')) return;
    this.#ghosts.set(id, key);
    if (this.has('destroyed keys told Active')) this.#alive.add(id);
    if (this.has('destroyed keys told Destroyed')) this.#dead.add(id);
    this.#keys.delete(id);
  }
}

/** What a server hears, where its flaws begin with hearing. */
class HeardChannel implements Channel {
  spoken = false;
  #answers = 0;

  constructor(
    readonly inner: Channel,
    readonly flaws: readonly Flaw[],
    readonly clock: Clock,
    readonly onPoll: () => void,
  ) {}

  get peer() {
    return this.inner.peer;
  }

  async read(): Promise<Uint8Array | null> {
    const bytes = await this.inner.read();
    if (bytes === null) return null;
    this.spoken = true;
    if (this.flaws.includes('silent')) return new Promise(() => {});
    const adds = summarizeMessage(bytes)?.items[0]?.operation === 'AddAttribute';
    if (adds && this.flaws.includes('Add Attribute ends the connection')) return null;
    // A wrong Batch Count makes the message one that is refused as a whole. It is the last field of the header.
    if (adds && this.flaws.includes('Add Attribute refused as a whole')) {
      const at = Buffer.from(bytes).indexOf(Buffer.from('42000d02', 'hex'));
      bytes[at + 11] = 9;
    }
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#answers += 1;
    const isPoll = this.#answers === 2 && summarizeMessage(bytes)?.items[0]?.operation === 'DiscoverVersions';
    if (isPoll) this.onPoll();
    let out: Uint8Array | null = bytes;
    for (const flaw of this.flaws) {
      if (out !== null)
        out = (await WIRE_FLAWS.get(flaw)?.({ bytes: out, answer: this.#answers, clock: this.clock })) ?? out;
    }
    if (this.flaws.includes('answers cut in half')) {
      await this.inner.write(bytes.subarray(0, bytes.length / 2));
      return this.inner.close();
    }
    if (this.flaws.includes('answers in pieces')) {
      for (let at = 0; at < bytes.length; at += 7) await this.inner.write(bytes.subarray(at, at + 7));
      return;
    }
    await this.inner.write(out);
    if (this.flaws.includes('one request a connection')) await this.inner.close();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  abort(): Promise<void> {
    return this.inner.abort();
  }
}

function keyObject(server: ForeignKeyServer, keyMaterial: Uint8Array): ManagedObject {
  const lengthBits = server.has('length told too short') ? 128 : keyMaterial.length * 8;
  const keyBlock = {
    keyFormatType: 'Raw',
    keyValue: { keyMaterial },
    ...(!server.has('algorithm left out') && {
      cryptographicAlgorithm: server.has('algorithm told as 3DES') ? ('DES3' as const) : ('AES' as const),
    }),
    ...(!server.has('length left out') && { cryptographicLength: lengthBits }),
  } as const;
  if (server.has('a secret in place of a key'))
    return { objectType: 'SecretData', secretDataType: 'Password', keyBlock };
  if (server.has('keys wrapped')) {
    const keyWrappingData = { wrappingMethod: 'Encrypt' } as const;
    return { objectType: 'SymmetricKey', keyBlock: { ...keyBlock, keyWrappingData } };
  }
  const format = server.has('keys transparent') ? { keyFormatType: 'Opaque' as const } : {};
  return { objectType: 'SymmetricKey', keyBlock: { ...keyBlock, ...format } };
}

function refuseWhereUnknown(server: ForeignKeyServer): void {
  if (server.has('no Revoke and Destroy')) throw new KmipError('OperationNotSupported', 'not here');
}

const operations: OperationTable<ForeignKeyServer> = {
  Create: async ({ objectType }, { context }) => {
    if (context.has('Create refused')) throw new KmipError('GeneralFailure', 'license: no more keys');
    if (context.has('Create wants a Name')) throw new KmipError('InvalidField', 'attribute Name is missing');
    return {
      objectType: context.has('Create answers another type') ? 'PublicKey' : objectType,
      uniqueIdentifier: context.make(),
    };
  },
  Get: async ({ uniqueIdentifier }, { context }) => {
    if (context.has('Get not permitted')) throw new KmipError('PermissionDenied', 'access denied');
    if (context.has('Get fails')) throw new KmipError('GeneralFailure', 'HSM unavailable');
    const { bytes } = context.findToGet(uniqueIdentifier);
    const material = context.has('another key each time') ? randomBytes(32) : bytes.slice();
    const told = context.has('another ID answered') ? 'another' : uniqueIdentifier;
    return { uniqueIdentifier: told, object: keyObject(context, material) };
  },
  GetAttributes: async ({ uniqueIdentifier, attributeNames }, { context }) => {
    if (context.has('Get Attributes refused')) throw new KmipError('OperationNotSupported', 'not here');
    const state = context.stateOf(uniqueIdentifier);
    const isSilent = context.has('no State') || (context.name !== 'kms' && context.has('other node without State'));
    const isAsked = attributeNames.includes('State') && !isSilent;
    const attributes: Attribute[] = isAsked ? [attribute('State', state)] : [];
    if (state !== 'Destroyed' && !context.has('destroyed keys told Active')) {
      attributes.push(...context.find(uniqueIdentifier).attributes.filter(({ name }) => attributeNames.includes(name)));
    }
    return { uniqueIdentifier, attributes };
  },
  AddAttribute: async ({ uniqueIdentifier, attribute: added }, { context }) => {
    if (context.has('Add Attribute refused item by item')) throw new KmipError('OperationNotSupported', 'not here');
    // A copy: the frame is zeroed after the answer.
    const kept = textAttribute(added.name, context.has('tags cut') ? 'VM' : (attributeText(added) ?? ''));
    if (!context.has('tags forgotten')) context.find(uniqueIdentifier).attributes.push(kept);
    return { uniqueIdentifier, attribute: added };
  },
  Activate: async ({ uniqueIdentifier }, { context }) => {
    if (context.has('Activate refused')) throw new KmipError('PermissionDenied', 'not you');
    if (!context.has('Activate without effect')) context.find(uniqueIdentifier).state = 'Active';
    return { uniqueIdentifier };
  },
  Revoke: async ({ uniqueIdentifier }, { context }) => {
    refuseWhereUnknown(context);
    const key = context.find(uniqueIdentifier);
    const state = context.has('Compromised after every Revoke') ? 'Compromised' : 'Deactivated';
    if (!context.has('Revoke without effect')) key.state = state;
    return { uniqueIdentifier };
  },
  Destroy: async ({ uniqueIdentifier }, { context }) => {
    refuseWhereUnknown(context);
    if (context.has('Destroy refused')) throw new KmipError('PermissionDenied', 'not you');
    context.destroy(uniqueIdentifier);
    return { uniqueIdentifier };
  },
  Query: async (_request, { context }) => {
    if (context.has('Query refused')) throw new KmipError('OperationNotSupported', 'not here');
    return context.has('no vendor') ? {} : { vendorIdentification: 'Foreign' };
  },
  DiscoverVersions: async (_request, { context }) => {
    if (context.has('Discover Versions refused')) throw new KmipError('OperationNotSupported', 'not here');
    return { versions: [...NAMED].find(([flaw]) => context.has(flaw))?.[1] ?? [{ major: 1, minor: 1 }] };
  },
};

/** What Discover Versions names under a flaw. */
const NAMED: ReadonlyMap<Flaw, { major: number; minor: number }[]> = new Map([
  ['only 1.0 named', [{ major: 1, minor: 0 }]],
  ['only 1.2 named', [{ major: 1, minor: 2 }]],
  ['only 2.0 named', [{ major: 2, minor: 0 }]],
  ['no version named', []],
]);

const nobody: PeerCertificate = {
  ...{ subject: '', fingerprintSha256: '', publicKeySha256: '', alternativeNames: [] },
  certificate: new Uint8Array(0),
};
