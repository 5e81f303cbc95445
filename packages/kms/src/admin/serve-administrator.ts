import { type Clock, ClockError, type LocalChannel, type LocalSocket, NetworkError } from '@vcryptsim/ports';
import { KmsError } from '../errors.js';
import { LineReader, REQUEST_BYTES_MAX, writeLine } from './admin-lines.js';
import { type Administrator, parseAdminRequest } from './admin-request.js';
import { adminSocketPath } from './admin-socket-path.js';

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
}): Promise<{ close(): Promise<void> }> {
  return o.sockets.listen(adminSocketPath(o.folder), (channel) => serve(channel, o.administrator, o.clock));
}

/** Answers one connection until it ends. Rejects only for our own mistakes. */
async function serve(channel: LocalChannel, administrator: Administrator, clock: Clock): Promise<void> {
  const lines = new LineReader(channel, REQUEST_BYTES_MAX);
  const within = <T>(work: Promise<T>): Promise<T> => clock.within(IDLE_MS, work, () => void channel.abort());
  try {
    for (let line = await within(lines.next()); line !== null; line = await within(lines.next())) {
      const answer = await answerLine(line, administrator);
      await within(writeLine(channel, answer));
    }
    await channel.close();
  } catch (error) {
    await channel.abort();
    const isEnd = error instanceof NetworkError || (error instanceof ClockError && error.code === 'TIMED_OUT');
    if (!isEnd) throw error;
  }
}

async function answerLine(line: string, administrator: Administrator): Promise<unknown> {
  try {
    return { ok: true, answer: await administrator.perform(parseAdminRequest(line)) };
  } catch (error) {
    if (!(error instanceof KmsError)) throw error;
    const { code, message, nextStep } = error;
    return { ok: false, code, message, nextStep };
  }
}
