import {
  type Clock,
  ClockError,
  LineReader,
  type LocalChannel,
  type LocalSocket,
  NetworkError,
  writeLine,
} from '@vcryptsim/ports';
import type { LabFolder } from '../folder/lab-folder.js';
import type { World } from '../world/world.js';
import {
  type ControlReply,
  type ControlRequest,
  type LabOrder,
  type LabWords,
  type OrderAnswer,
  parseControlRequest,
  REQUEST_BYTES_MAX,
} from './control-lines.js';
import { labStatus } from './lab-status.js';
import { Lane } from './lane.js';

/** A client has so long to say what it wants, and to take a line. */
const IDLE_MS = 10_000;

/** Does an order, and writes it down where it is to be repeated. Rejects when the lab cannot go on. */
export type ExecuteOrder = (order: LabOrder) => Promise<OrderAnswer>;

/** What a lab that stays up is made of. */
export interface LiveLabOptions {
  readonly world: World;
  readonly folder: LabFolder;
  readonly execute: ExecuteOrder;
  readonly words: () => LabWords;
  readonly sockets: LocalSocket;
  /** Real time, for clients that hang. */
  readonly clock: Clock;
  /** Told of each error that nobody expected; it cost one connection. */
  readonly onFault: (error: unknown) => void;
}

/** How a lab ended: somebody took it down, or an order broke it. */
export type LabEnd = { readonly kind: 'down' } | { readonly kind: 'broken'; readonly error: unknown };

/**
 * A lab that stays up: a world, and the socket in its folder at which it takes orders, one after the other. Its clock
 * rests between them unless it is the real one.
 */
export class LiveLab {
  readonly #o: LiveLabOptions;
  readonly #lane = new Lane();
  #door: { close(): Promise<void> } | null = null;
  #isEnding = false;
  /** Requests that were read and not answered yet. */
  readonly #replies = new Set<Promise<void>>();
  #end: (end: LabEnd) => void = () => {};
  /** Resolves when the world has ended; {@link close} comes next. */
  readonly ended: Promise<LabEnd>;

  private constructor(o: LiveLabOptions) {
    this.#o = o;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Opens the door of a lab. @throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED, NAME_TOO_LONG, UNREACHABLE */
  static async open(o: LiveLabOptions): Promise<LiveLab> {
    const lab = new LiveLab(o);
    lab.#door = await o.sockets.listen(o.folder.places.socket, (channel) => lab.#serve(channel));
    return lab;
  }

  /** Ends the world when what is under way is over. A second call waits for the first. */
  async down(): Promise<void> {
    this.#isEnding = true;
    await this.#lane.run(() => this.#stop({ kind: 'down' }));
  }

  /** Lets who waits hear the end, closes the door and gives the folder free: the last thing that a lab does. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#replies);
    await this.#door?.close();
    await this.#o.folder.release();
  }

  async #stop(end: LabEnd): Promise<void> {
    this.#isEnding = true;
    // A world that is broken may not come to an end either; its files are all that counts.
    await this.#o.world.dispose().catch(this.#o.onFault);
    this.#end(end);
  }

  /** Answers one connection. This is the door's border: nothing leaves it but that connection's end. */
  async #serve(channel: LocalChannel): Promise<void> {
    const { clock, onFault } = this.#o;
    const within = <T>(work: Promise<T>): Promise<T> => clock.within(IDLE_MS, work, () => void channel.abort());
    const say = (reply: ControlReply) => within(writeLine(channel, reply));
    try {
      const line = await within(new LineReader(channel, REQUEST_BYTES_MAX).next());
      if (line !== null) await this.#noted(this.#reply(line, say));
      await channel.close();
    } catch (error) {
      await channel.abort().catch(() => {});
      const isEnd = error instanceof NetworkError || (error instanceof ClockError && error.code === 'TIMED_OUT');
      if (!isEnd) onFault(error);
    }
  }

  async #noted(reply: Promise<void>): Promise<void> {
    this.#replies.add(reply);
    await reply.finally(() => this.#replies.delete(reply));
  }

  async #reply(line: string, say: (reply: ControlReply) => Promise<void>): Promise<void> {
    const request = parseControlRequest(line);
    if (request === null) return say(refusal('BAD_REQUEST', 'The lab does not understand the request.'));
    if (this.#isEnding) return say(refusal('LAB_ENDING', 'The lab is being taken down and takes no orders any more.'));
    if (request.ask === 'log') return this.#log(request.follow === true, say);
    if (request.ask === 'words') return say({ answer: this.#o.words() });
    const before = this.#lane.length;
    if (before > 0) await say({ queued: before });
    return say({ answer: await this.#answer(request) });
  }

  async #answer(request: Exclude<ControlRequest, { readonly ask: 'log' | 'words' }>): Promise<unknown> {
    switch (request.ask) {
      case 'do':
        return this.#lane.run(() => this.#do({ text: request.order, as: request.as ?? null }));
      case 'status':
        return this.#lane.run(() => this.#status());
      case 'down':
        await this.down();
        return {};
    }
  }

  async #status(): Promise<unknown> {
    const { world, folder } = this.#o;
    const { name, clock } = folder.memory?.setup ?? { name: '', clock: 'virtual' as const };
    if (this.#isEnding) throw new NetworkError('CLOSED', 'the lab is being taken down');
    return world.run(() => labStatus(world, { name, clock }));
  }

  /** Tells what happened since the lab was started, and goes on with what happens until the lab or the client ends. */
  async #log(follow: boolean, say: (reply: ControlReply) => Promise<void>): Promise<void> {
    const { timeline } = this.#o.world;
    let wake: () => void = () => {};
    const unsubscribe = timeline.subscribe(() => wake());
    let isOver = !follow;
    void this.ended.then(() => {
      isOver = true;
      wake();
    });
    try {
      for (let at = 0; ; ) {
        // What comes while a line is written is in the list then; nothing is left out and nothing told twice.
        for (let entry = timeline.at(at); entry !== undefined; entry = timeline.at(at)) {
          await say({ entry });
          at += 1;
        }
        if (isOver) return await say({ answer: {} });
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      unsubscribe();
    }
  }

  async #do(order: LabOrder): Promise<OrderAnswer> {
    const { execute, world, folder } = this.#o;
    if (this.#isEnding) return impossible('LAB_ENDING', 'The lab is being taken down; this order was not begun.');
    try {
      const answer = await execute(order);
      await world.evidence.settle();
      await folder.memory?.rests(world.clock.nowMs);
      return answer;
    } catch (error) {
      // The world is in a state that nobody foresaw. Its files are as after a power cut: the next start heals them.
      await this.#stop({ kind: 'broken', error });
      const what = error instanceof Error ? error.message : String(error);
      return impossible('LAB_BROKEN', `The lab cannot go on: ${what} Start it again: vcryptsim lab up --dir DIR`);
    }
  }
}

function refusal(code: string, message: string): ControlReply {
  return { refusal: { code, message } };
}

function impossible(fault: string, text: string): OrderAnswer {
  return { outcome: 'not possible', fault, messageKey: null, privilege: null, object: null, text };
}
