// A lock that lives as long as its process, without native parts, on a system where Node has no lock of the kernel.
//
// The one who listens on a unix socket in the folder has the folder. A socket stops listening in the moment in which its
// process ends, whatever ends it, so nobody has to judge process IDs, boot times or ages; and it is found through the
// folder, so it holds between containers that share the folder but neither process IDs nor networks.
//
// A name cannot be replaced only if it is still the one that was judged dead, so none is replaced. The names are numbers,
// and they only grow:
//
//   1. Look for the highest number. If somebody listens there, it is taken.
//   2. Listen at a name of one's own, then give that socket the next number with link(2), which fails if it is there.
//   3. Look again. If a higher number is there, withdraw and begin again: one's own look was too old.
//   4. It is ours. Remove the lower numbers, never the own one, not even at the end.
//
// The highest number is never removed, so numbers are never given twice to two who pass step 3; and who passes step 3
// with number n saw n-1 dead, which nobody revives. So one process has the folder.
import { closeSync, constants, linkSync, openSync, readdirSync, unlinkSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { FileError } from '../../file-system.js';
import type { FolderLock, LockHolder } from '../../folder-lock.js';
import { SystemEntropy } from '../system-entropy.js';
import { parseHolder } from './lock-by-open.js';

/** A living holder that does not say who it is within this time is too busy to. */
const ANSWER_MS = 500;
/** Each lost try means that another process took the lock or began to; so many in a row mean that something is wrong. */
const TRIES_MAX = 1_000;
/** In `new-TOKEN`, a socket that has no number yet. */
const TOKEN_BYTES = 8;
const UNKNOWN: LockHolder = { pid: null, purpose: null };

/** Takes the lock in `place`, a folder of its own that exists. @throws as node:fs and node:net do */
export async function takeBySocket(
  place: string,
  purpose: string,
): Promise<FolderLock | { readonly holder: LockHolder }> {
  const fd = openSync(place, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  // A socket's name has 107 bytes at most. By this name no folder is too deep.
  const socketName = (name: string) =>
    process.platform === 'linux' ? `/proc/self/fd/${fd}/${name}` : `${place}/${name}`;
  let taken: net.Server | null = null;
  try {
    for (let attempt = 0; attempt < TRIES_MAX; attempt++) {
      const top = highest(place);
      const holder = top === 0 ? null : await ask(socketName(String(top)));
      if (holder !== null) return { holder };
      taken = await publish(place, socketName, top + 1, purpose);
      if (taken === null) continue;
      sweep(place, top + 1);
      return releaseOf(taken, fd);
    }
    throw new FileError('IO', 'lock', place);
  } finally {
    if (taken === null) closeSync(fd);
  }
}

function releaseOf(server: net.Server, fd: number): FolderLock {
  let held = true;
  return {
    release: async () => {
      if (!held) return;
      held = false;
      server.close();
      closeSync(fd);
    },
  };
}

/** The highest number that was ever given here, or 0. */
function highest(place: string): number {
  return Math.max(
    0,
    ...readdirSync(place)
      .filter((name) => /^\d{1,15}$/.test(name))
      .map(Number),
  );
}

/** Gives a listening socket the number. Null when the number is not ours to have: somebody else was faster. */
async function publish(
  place: string,
  socketName: (name: string) => string,
  number: number,
  purpose: string,
): Promise<net.Server | null> {
  const token = new SystemEntropy().public(TOKEN_BYTES, 'lock');
  const name = `new-${Buffer.from(token).toString('hex')}`;
  const server = await listen(socketName(name), `${process.pid} ${purpose}\n`);
  try {
    linkSync(`${place}/${name}`, `${place}/${number}`);
    if (highest(place) === number) return server;
  } catch (error) {
    // Taken; or the owner of this moment swept our first name away, because we did not listen there yet.
    if (!['EEXIST', 'ENOENT'].includes(codeOf(error))) {
      server.close();
      throw error;
    }
  } finally {
    remove(`${place}/${name}`);
  }
  server.close();
  return null;
}

function listen(path: string, answer: string): Promise<net.Server> {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
    socket.unref();
    socket.end(answer);
  });
  server.unref();
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ path }, () => {
      // Too many open files make a connection fail here, not the lock.
      server.removeListener('error', reject).on('error', () => {});
      resolve(server);
    });
  });
}

/** Who listens at a name; null when nobody does. */
async function ask(path: string): Promise<LockHolder | null> {
  const socket = net.connect({ path });
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (data) => {
    text += data;
  });
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve(codeOf(error))).once('close', () => resolve('closed'));
  });
  const timeOut = new AbortController();
  const late = wait(ANSWER_MS, 'late', { signal: timeOut.signal }).catch(() => 'late');
  try {
    const end = await Promise.race([ended, late]);
    if (end === 'ECONNREFUSED' || end === 'ENOENT') return null;
    // Refused for want of room or of rights: somebody is there.
    return end === 'closed' || end === 'late' ? parseHolder(text) : UNKNOWN;
  } finally {
    timeOut.abort();
    socket.destroy();
  }
}

/** Removes what earlier owners left. A name that another process needs just now is one that it makes again. */
function sweep(place: string, ours: number): void {
  for (const name of readdirSync(place)) {
    if (/^\d{1,15}$/.test(name) && Number(name) < ours) remove(`${place}/${name}`);
    if (/^new-[0-9a-f]+$/.test(name)) remove(`${place}/${name}`);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
