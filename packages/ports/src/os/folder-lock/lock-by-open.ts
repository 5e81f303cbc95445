import { closeSync, constants, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { FolderLock, LockHolder } from '../../folder-lock.js';

// <fcntl.h> of macOS and the BSDs; Node names it in no constant and hands it on as it is (libuv: UV_FS_O_EXLOCK).
const O_EXLOCK = 0x20;

/**
 * Takes the lock where open(2) can lock: one file that is never removed, locked while it is open. Not tried by our
 * tests, which run on Linux.
 */
export async function takeByOpen(
  place: string,
  purpose: string,
): Promise<FolderLock | { readonly holder: LockHolder }> {
  const path = `${place}/held`;
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK, 0o600);
  } catch (error) {
    const isHeld = error instanceof Error && 'code' in error && ['EAGAIN', 'EWOULDBLOCK'].includes(String(error.code));
    if (!isHeld) throw error;
    return { holder: parseHolder(readFileSync(path, 'latin1')) };
  }
  ftruncateSync(fd);
  writeSync(fd, `${process.pid} ${purpose}\n`, 0);
  let held = true;
  return {
    release: async () => {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

/** Reads `PID PURPOSE`; what is not so is null. */
export function parseHolder(text: string): LockHolder {
  const [, pid, purpose] = /^(\d{1,10}) ([a-z-]{1,32})\n$/.exec(text) ?? [];
  return { pid: pid === undefined ? null : Number(pid), purpose: purpose ?? null };
}
