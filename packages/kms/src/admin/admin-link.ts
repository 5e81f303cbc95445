import { LineReader, type LocalChannel, type LocalSocket, NetworkError, writeLine } from '@vcryptsim/ports';
import { KmsError, type KmsErrorCode } from '../terms/errors.js';
import { ANSWER_BYTES_MAX } from './admin-lines.js';
import type { AdminAction, AdminAnswer, Administrator, AdminRequest } from './admin-request.js';
import { adminSocketPath } from './admin-socket-path.js';

/** The administrator's side of a running key server's `DIR/admin.sock`. One request at a time. */
export class AdminLink implements Administrator {
  readonly #channel: LocalChannel;
  readonly #lines: LineReader;

  private constructor(channel: LocalChannel) {
    this.#channel = channel;
    this.#lines = new LineReader(channel, ANSWER_BYTES_MAX);
  }

  /**
   * Connects to the server that runs on a folder, or answers null when none does.
   *
   * @param folder `DIR`
   * @throws NetworkError NOT_PERMITTED when the server is another user's, UNREACHABLE
   */
  static async open(sockets: LocalSocket, folder: string): Promise<AdminLink | null> {
    try {
      return new AdminLink(await sockets.connect(adminSocketPath(folder)));
    } catch (error) {
      if (error instanceof NetworkError && error.code === 'REFUSED') return null;
      throw error;
    }
  }

  async perform<Action extends AdminAction>(request: AdminRequest<Action>): Promise<AdminAnswer<Action>> {
    await writeLine(this.#channel, request);
    const line = await this.#lines.next();
    if (line === null) throw new NetworkError('RESET', 'the key server went away before it answered');
    const reply = JSON.parse(line) as Reply<Action>;
    if (reply.ok) return reply.answer;
    throw new KmsError(reply.code, reply.message, reply.nextStep);
  }

  /** Ends the connection. */
  close(): Promise<void> {
    return this.#channel.close();
  }
}

type Reply<Action extends AdminAction> =
  | { readonly ok: true; readonly answer: AdminAnswer<Action> }
  | { readonly ok: false; readonly code: KmsErrorCode; readonly message: string; readonly nextStep?: string };
