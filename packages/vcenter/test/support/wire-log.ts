import type { TapConnection, TapFrame, TapObserver } from '@vcryptsim/simkit';

/** What passed on one connection. */
export interface Conversation {
  readonly to: string;
  /** Each request, in lower-case hex. */
  readonly requests: string[];
  readonly answers: Uint8Array[];
}

/** Keeps every connection of a vCenter to key servers, in the order in which they were opened. */
export class WireLog implements TapObserver {
  readonly #open = new Map<TapConnection, Conversation>();
  readonly conversations: Conversation[] = [];

  opened(connection: TapConnection): void {
    const conversation = { to: connection.to, requests: [], answers: [] };
    this.#open.set(connection, conversation);
    this.conversations.push(conversation);
  }

  frame({ connection, direction, bytes }: TapFrame): void {
    const conversation = this.#open.get(connection);
    if (direction === 'to-server') conversation?.requests.push(Buffer.from(bytes).toString('hex'));
    else conversation?.answers.push(bytes.slice());
  }

  clear(): void {
    this.conversations.length = 0;
  }
}
