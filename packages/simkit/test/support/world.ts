import { createHash } from 'node:crypto';
import { peerJudge } from '@vcryptsim/pki';
import type { Channel, FileSystem, Listener, ListenOptions, Network, TlsIdentity } from '@vcryptsim/ports';
import { TlsNetwork } from '@vcryptsim/ports/os';
import { EventLog, MemoryFileSystem, MemoryNetwork, VirtualClock } from '@vcryptsim/simkit';
import { type Cast, SECOND, START_MS } from './identities.js';

/** How the world of a run is built. */
export interface WorldOptions {
  readonly wire?: 'tls' | 'memory';
  /** Leaves out the counting of bytes and the ordering of results. */
  readonly naive?: boolean;
  readonly seed?: number;
  readonly files?: FileSystem;
  /** Puts a decorator around the wire. */
  readonly decorate?: (wire: Network, clock: VirtualClock) => Network;
}

/** A small world: one clock, one wire, one log, and the words in which the scenarios are told. */
export class World {
  readonly clock: VirtualClock;
  readonly wire: Network;
  readonly #undecorated: TlsNetwork | MemoryNetwork;
  readonly files: FileSystem;
  readonly #log: EventLog;
  #random: number;

  constructor(
    readonly cast: Cast,
    o: WorldOptions,
  ) {
    this.clock = new VirtualClock({ startMs: START_MS, ordered: !o.naive });
    this.#undecorated =
      o.wire === 'memory' ? new MemoryNetwork(this.clock) : new TlsNetwork(this.clock, { count: !o.naive });
    this.wire = o.decorate?.(this.#undecorated, this.clock) ?? this.#undecorated;
    this.files = o.files ?? new MemoryFileSystem();
    this.#log = new EventLog(this.clock);
    this.#random = o.seed ?? 7;
  }

  dispose(): Promise<void> {
    return this.#undecorated.dispose();
  }

  log(who: string, what: string): void {
    this.#log.sink<string>(who).emit(what);
  }

  /** `SECONDS WHO WHAT`, a line each. */
  lines(): string[] {
    return this.#log.entries().map((one) => `${(one.atMs - START_MS) / SECOND} ${one.source} ${one.event}`);
  }

  digest(): string {
    return this.#log.digest();
  }

  /** One of a list, as the seed decides (mulberry32). */
  pick<T>(list: readonly T[]): T {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return list[Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * list.length)] as T;
  }

  /** Listens as `name` and calls `answer` for each piece that comes. */
  serve(
    name: string,
    answer: (channel: Channel, bytes: Uint8Array) => Promise<void> | void,
    o: { identities?: TlsIdentity[]; trust?: Cast['trust'] } & Partial<ListenOptions> = {},
  ): Promise<Listener> {
    return this.wire.listen(
      { name },
      {
        identities: o.identities ?? [this.cast.kms],
        judge: peerJudge(o.trust ?? this.cast.trust, this.clock),
        onRefused: (code) => this.log(name, `refuses ${code}`),
        ...(o.unauthenticatedMax === undefined ? {} : { unauthenticatedMax: o.unauthenticatedMax }),
        onChannel: async (channel) => {
          this.log(name, `accepts ${channel.peer.subject}`);
          try {
            for (let bytes = await channel.read(); bytes; bytes = await channel.read()) await answer(channel, bytes);
            await channel.close();
          } catch (error) {
            this.log(name, `channel ${codeOf(error)}`);
          }
        },
      },
    );
  }

  connect(name: string, identity: TlsIdentity = this.cast.vcenter, signal?: AbortSignal): Promise<Channel> {
    const judge = peerJudge(this.cast.trust, this.clock);
    return this.wire.connect({ name }, { identity, judge, ...(signal ? { signal } : {}) });
  }

  /** Connects, says `text`, answers what came back or the code of the failure; has a limit of its own. */
  async ask(name: string, text: string, identity: TlsIdentity = this.cast.vcenter, limitMs = 30 * SECOND) {
    const giveUp = new AbortController();
    let channel: Channel | undefined;
    const work = async () => {
      channel = await this.connect(name, identity, giveUp.signal);
      await channel.write(new TextEncoder().encode(text));
      const answer = await channel.read();
      await channel.close();
      return answer ? new TextDecoder().decode(answer) : 'EOF';
    };
    const onLate = () => {
      giveUp.abort();
      void channel?.abort();
    };
    return this.clock.within(limitMs, work(), onLate).catch(codeOf);
  }
}

export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  throw error;
}

/** Runs a scenario in a world of its own. Answers its log. */
export async function run(cast: Cast, scenario: (world: World) => Promise<void>, o: WorldOptions = {}) {
  const world = new World(cast, o);
  try {
    await world.clock.run(() => scenario(world));
  } catch (error) {
    world.log('clock', codeOf(error));
  } finally {
    await world.dispose();
  }
  return { lines: world.lines(), digest: world.digest() };
}

/** Digest of something, short. */
export const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 12);
