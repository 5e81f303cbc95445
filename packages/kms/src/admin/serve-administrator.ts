import {
  type Clock,
  ClockError,
  LineReader,
  type LocalChannel,
  type LocalSocket,
  NetworkError,
  writeLine,
} from '@vcryptsim/ports';
import { KmsError } from '../terms/errors.js';
import { REQUEST_BYTES_MAX } from './admin-lines.js';
import { type Administrator, parseAdminRequest } from './admin-request.js';
import { adminSocketPath } from './admin-socket-path.js';
import { unexpected } from './administration.js';

const IDLE_MS = 10_000;

/**
 * Opens the administrator's door of a running key server: `DIR/admin.sock`, mode 0600, lines of JSON (admin-lines.ts).
 *
 * @param o.folder `DIR`
 * @returns its end
 * @throws NetworkError ADDRESS_IN_USE, NOT_PERMITTED, UNREACHABLE
 */
export function serveAdministrator(o: {
  readonly administrator: Administrator;
  readonly sockets: LocalSocket;
  readonly folder: string;
  readonly clock: Clock;
  /** Told of each error that nobody expected; it cost one answer or one connection. */
  readonly onFault?: (error: unknown) => void;
}): Promise<{ close(): Promise<void> }> {
  const onFault = o.onFault ?? (() => {});
  return o.sockets.listen(adminSocketPath(o.folder), (channel) => serve(channel, { ...o, onFault }));
}

interface Door {
  readonly administrator: Administrator;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

/** Answers one connection until it ends. This is the door's border: nothing leaves it but that end. */
async function serve(channel: LocalChannel, { administrator, clock, onFault }: Door): Promise<void> {
  const lines = new LineReader(channel, REQUEST_BYTES_MAX);
  const within = <T>(work: Promise<T>): Promise<T> => clock.within(IDLE_MS, work, () => void channel.abort());
  try {
    for (let line = await within(lines.next()); line !== null; line = await within(lines.next())) {
      const answer = await answerLine(line, administrator, onFault);
      await within(writeLine(channel, answer));
    }
    await channel.close();
  } catch (error) {
    await channel.abort().catch(() => {});
    const isEnd = error instanceof NetworkError || (error instanceof ClockError && error.code === 'TIMED_OUT');
    if (!isEnd) onFault(error);
  }
}

async function answerLine(
  line: string,
  administrator: Administrator,
  onFault: (error: unknown) => void,
): Promise<unknown> {
  try {
    return { ok: true, answer: await administrator.perform(parseAdminRequest(line)) };
  } catch (error) {
    if (!(error instanceof KmsError)) onFault(error);
    const { code, message, nextStep } = error instanceof KmsError ? error : unexpected();
    return { ok: false, code, message, nextStep };
  }
}
