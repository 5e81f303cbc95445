import { LineReader, type LocalChannel, type LocalSocket, NetworkError, writeLine } from '@vcryptsim/ports';
import { LabError } from '../errors/lab-error.js';
import { labFolderAt } from '../folder/lab-folder.js';
import type { TimelineEntry } from '../taps/timeline.js';
import { type ControlReply, type ControlRequest, REPLY_BYTES_MAX } from './control-lines.js';

/** Who hears of notes that come before the answer. */
export interface ReplyListener {
  /** So many are before this request. */
  queued?(before: number): void;
  /** What happened in the lab. */
  entry?(entry: TimelineEntry): void;
}

/** A client's side of a lab's `control.sock`; each request has a connection of its own. */
export class ControlLink {
  readonly #sockets: LocalSocket;
  readonly #path: string;

  /** @param folder of the lab, absolute */
  constructor(sockets: LocalSocket, folder: string) {
    this.#sockets = sockets;
    this.#path = labFolderAt(folder).socket;
  }

  /**
   * Asks, and waits for the answer.
   *
   * @throws LabError LAB_NOT_UP when no lab is up in this folder, LAB_WENT_AWAY when it ended before it answered,
   *   LAB_REFUSED; NetworkError NOT_PERMITTED, UNREACHABLE
   */
  async ask<Answer>(request: ControlRequest, listener: ReplyListener = {}): Promise<Answer> {
    const channel = await this.#connect();
    try {
      await writeLine(channel, request);
      const lines = new LineReader(channel, REPLY_BYTES_MAX);
      for (let line = await lines.next(); line !== null; line = await lines.next()) {
        const reply = JSON.parse(line) as ControlReply;
        if ('answer' in reply) return reply.answer as Answer;
        if ('refusal' in reply) throw new LabError('LAB_REFUSED', reply.refusal.message);
        if ('queued' in reply) listener.queued?.(reply.queued);
        else listener.entry?.(reply.entry);
      }
      throw wentAway();
    } catch (error) {
      throw error instanceof NetworkError && error.code === 'RESET' ? wentAway() : error;
    } finally {
      await channel.abort();
    }
  }

  async #connect(): Promise<LocalChannel> {
    try {
      return await this.#sockets.connect(this.#path);
    } catch (error) {
      if (!(error instanceof NetworkError && error.code === 'REFUSED')) throw error;
      throw new LabError('LAB_NOT_UP', `No lab is up at ${this.#path}.`);
    }
  }
}

function wentAway(): LabError {
  return new LabError('LAB_WENT_AWAY', 'The lab ended before it answered. What was under way may be done or not.');
}
