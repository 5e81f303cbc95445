// A bug to be found, loaded into the server by `kill9.mjs --plant write-behind`: what is appended stays in memory for a
// while, and fsync says that it is durable. Killing a process leaves the kernel's pages alone, so that a forgotten fsync
// would not show; an answer that leaves before its write does. Whole files are written as ever: a store that cannot be
// opened at all would be found without looking at a single key.
import { open } from 'node:fs/promises';

const BEHIND_MS = 40;

const probe = await open(new URL(import.meta.url));
const files = Object.getPrototypeOf(probe);
await probe.close();
const { write, sync } = files;
/** Files that are being written from their beginning, until they are synced. */
const fresh = new WeakSet();

files.write = async function writeBehind(buffer, start, length, position) {
  if (position === 0) fresh.add(this);
  if (fresh.has(this)) return write.call(this, buffer, start, length, position);
  const copy = Uint8Array.prototype.slice.call(buffer, start, start + length);
  setTimeout(() => write.call(this, copy, 0, length, position).catch(() => {}), BEHIND_MS);
  return { bytesWritten: length, buffer };
};

files.sync = async function syncWhole() {
  if (fresh.delete(this)) await sync.call(this);
};
