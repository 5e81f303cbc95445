import { once } from 'node:events';
import net from 'node:net';
import { TcpRelay } from '@vcryptsim/ports/os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** A server that answers each piece with the same piece, upper case. */
function echo(): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (piece) => socket.write(piece.toString().toUpperCase()));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function connect(relay: TcpRelay): Promise<net.Socket> {
  const socket = net.connect(relay.address);
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}

async function ask(socket: net.Socket, text: string): Promise<string> {
  const answer = once(socket, 'data');
  socket.write(text);
  return String((await answer)[0]);
}

describe('a TCP relay', () => {
  let server: net.Server;
  let relay: TcpRelay;

  beforeEach(async () => {
    server = await echo();
    const { port } = server.address() as net.AddressInfo;
    relay = await TcpRelay.open({ host: '127.0.0.1', port });
  });
  afterEach(async () => {
    await relay.close();
    server.close();
  });

  it('passes bytes on, both ways and in order, and the end of the stream', async () => {
    const socket = await connect(relay);
    expect(await ask(socket, 'one')).toBe('ONE');
    let got = '';
    socket.on('data', (piece) => (got += piece));
    for (let count = 0; count < 200; count++) socket.write(`piece ${count};`);
    while (got.length < 1_890) await once(socket, 'data');
    expect(got).toBe(Array.from({ length: 200 }, (_, count) => `PIECE ${count};`).join(''));
    const ended = once(socket, 'end');
    socket.end();
    await ended;
  });

  it('refuses: open connections are reset, new ones find nobody; afterwards they come through on the same port', async () => {
    const { port } = relay.address;
    const open = await connect(relay);
    expect(await ask(open, 'a')).toBe('A');
    const reset = new Promise((resolve) => open.once('error', (error: NodeJS.ErrnoException) => resolve(error.code)));
    await relay.set({ kind: 'refuse' });
    expect(await reset).toBe('ECONNRESET');
    await expect(connect(relay)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await relay.set({ kind: 'pass' });
    expect(relay.address.port).toBe(port);
    expect(await ask(await connect(relay), 'b')).toBe('B');
  });

  it('hangs: nothing comes until it passes again, and then all of it does', async () => {
    const socket = await connect(relay);
    expect(await ask(socket, 'a')).toBe('A');
    await relay.set({ kind: 'hang' });
    const late = await connect(relay);
    let heard = '';
    for (const one of [socket, late]) {
      one.on('data', (piece) => (heard += piece));
      one.write('x');
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(heard).toBe('');
    await relay.set({ kind: 'pass' });
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(heard).toBe('XX');
  });

  it('is slow: an answer comes no sooner than its delay', async () => {
    const socket = await connect(relay);
    expect(await ask(socket, 'a')).toBe('A');
    await relay.set({ kind: 'slow', delayMs: 150 });
    const before = performance.now();
    expect(await ask(socket, 'b')).toBe('B');
    expect(performance.now() - before).toBeGreaterThanOrEqual(145);
  });

  it('resets who comes when the server itself is gone', async () => {
    server.close();
    await once(server, 'close').catch(() => {});
    const socket = net.connect(relay.address);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('takes another port when its own was taken while it refused', async () => {
    const { port } = relay.address;
    await relay.set({ kind: 'refuse' });
    const thief = net.createServer();
    await new Promise<void>((resolve) => thief.listen(port, '127.0.0.1', resolve));
    await relay.set({ kind: 'pass' });
    expect(relay.address.port).not.toBe(port);
    expect(await ask(await connect(relay), 'c')).toBe('C');
    thief.close();
  });
});
