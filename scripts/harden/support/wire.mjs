// KMIP over TLS in bytes, as an attacker or a simple client speaks it.
import tls from 'node:tls';

const HEAD_BYTES = 8;
const ANSWER_LIMIT_MS = 60_000;

/** Opens a connection; `identity` is { cert, key } in PEM. Rejects when the server does not let it in. */
export async function connect({ host, port }, identity) {
  const socket = tls.connect({ host, port, ...identity, rejectUnauthorized: false });
  socket.setNoDelay(true);
  await new Promise((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed before the handshake was done')));
  });
  socket.on('error', () => {});
  return new Wire(socket);
}

class Wire {
  #socket;
  #pieces = [];
  #haveBytes = 0;
  #waiting = [];
  #isOver = false;

  constructor(socket) {
    this.#socket = socket;
    socket.on('data', (piece) => {
      this.#pieces.push(piece);
      this.#haveBytes += piece.length;
      this.#pump();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        this.#isOver = true;
        this.#pump();
      });
    }
  }

  get isOver() {
    return this.#isOver;
  }

  write(bytes) {
    this.#socket.write(bytes);
  }

  /** The next answer, or null when the server ended the connection, or 'late'. */
  next(limitMs = ANSWER_LIMIT_MS) {
    return new Promise((resolve) => {
      const entry = { resolve };
      entry.timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        resolve('late');
      }, limitMs);
      this.#waiting.push(entry);
      this.#pump();
    });
  }

  async ask(bytes, limitMs) {
    this.write(bytes);
    return this.next(limitMs);
  }

  end() {
    this.#socket.destroy();
  }

  #pump() {
    while (this.#waiting.length > 0) {
      const frame = this.#take();
      if (frame === null && !this.#isOver) return;
      const { resolve, timer } = this.#waiting.shift();
      clearTimeout(timer);
      resolve(frame);
    }
  }

  #take() {
    if (this.#haveBytes < HEAD_BYTES) return null;
    const all = this.#pieces.length === 1 ? this.#pieces[0] : Buffer.concat(this.#pieces);
    const wanted = HEAD_BYTES + all.readUInt32BE(4);
    this.#pieces = [all];
    if (all.length < wanted) return null;
    this.#pieces = [all.subarray(wanted)];
    this.#haveBytes = all.length - wanted;
    return all.subarray(0, wanted);
  }
}
