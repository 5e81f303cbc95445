import type { XtsEngine } from '@vcryptsim/crypto-core';
import type { WorkControl } from '../api/work-control.js';
import type { DiskBacking } from './disk-backing.js';
import type { DiskKey } from './disk-key.js';
import type { RewriteJournal, RewriteState } from './rewrite-journal.js';
import { turnWindow } from './turn-window.js';
import { isZeros } from './zeros.js';

/** An extent to write anew where it lies. */
export interface InPlaceRewrite {
  readonly extent: Pick<DiskBacking, 'read' | 'write' | 'flush'>;
  readonly sizeBytes: number;
  /** What the data is encrypted with at first, and what it will be; null for plain. */
  readonly oldKey: DiskKey | null;
  readonly newKey: DiskKey | null;
  /** Of a thin disk: zeros of a plain side are holes, and stay zeros. */
  readonly keepsHoles?: boolean;
  readonly journal: RewriteJournal;
  readonly engine: XtsEngine;
}

/**
 * Turns the windows of an extent over where they lie, from where its journal says that it is, to the end; or, once it is
 * canceled, back to the beginning. Each window is durable in the journal, then the journal's record, then the window in the
 * extent, before the next begins (facts/reliability.md section 1.3). Plaintext is in the extent of a plain disk and in the
 * one buffer, nowhere else.
 *
 * @returns whether all of it is under the new key, or all under the old one again
 * @throws HypervisorError RECORD_TAMPERED, FILE_INACCESSIBLE and the like; it can be gone on with from there
 */
export async function rewriteInPlace(rewrite: InPlaceRewrite, control: WorkControl): Promise<'done' | 'undone'> {
  const { journal, engine, sizeBytes } = rewrite;
  const buffer = engine.allocateBuffer(Math.min(journal.windowSizeBytes, sizeBytes));
  try {
    let state = await settlePending(rewrite, buffer);
    for (;;) {
      if (state.way === 'forward' && control.signal?.aborted) {
        state = { ...state, way: 'back' };
        await journal.note(state);
      }
      if (state.way === 'forward' && state.doneBytes === sizeBytes) return 'done';
      if (state.way === 'back' && state.doneBytes === 0) return 'undone';
      state = await turnNext(rewrite, state, buffer);
      control.onProgress?.(state.doneBytes, sizeBytes);
    }
  } finally {
    buffer.fill(0);
  }
}

/** Does again, or takes back, the window that was being written when it ended. */
async function settlePending(rewrite: InPlaceRewrite, buffer: Uint8Array): Promise<RewriteState> {
  const { journal, extent } = rewrite;
  const { state } = journal;
  if (state.pendingBytes === 0) return state;
  const window = buffer.subarray(0, state.pendingBytes);
  await journal.pendingWindow(window);
  await extent.write(window, startOf(state));
  await extent.flush();
  const { target } = sidesOf(rewrite, state);
  return target === null ? { ...state, pendingBytes: 0 } : after(state);
}

async function turnNext(rewrite: InPlaceRewrite, state: RewriteState, buffer: Uint8Array): Promise<RewriteState> {
  const { journal, extent, keepsHoles = false } = rewrite;
  const next = { ...state, pendingBytes: lengthOfNext(rewrite, state) };
  const window = buffer.subarray(0, next.pendingBytes);
  const offsetBytes = startOf(next);
  const { source, target } = sidesOf(rewrite, next);
  await extent.read(window, offsetBytes);
  // Of a window that is a hole nothing changes, and it takes no room.
  if ((source !== null || keepsHoles) && isZeros(window)) return after(next);
  // What is plain is never written down beside the disk: then the journal has what was there before.
  if (target === null) await journal.begin(next, window);
  turnWindow(window, offsetBytes, source, target, keepsHoles);
  if (target !== null) await journal.begin(next, window);
  await extent.write(window, offsetBytes);
  await extent.flush();
  return after(next);
}

/** Windows begin at whole multiples of their size, whichever way it goes. */
function lengthOfNext({ journal, sizeBytes }: InPlaceRewrite, { way, doneBytes }: RewriteState): number {
  const { windowSizeBytes } = journal;
  if (way === 'forward') return Math.min(windowSizeBytes, sizeBytes - doneBytes);
  return ((doneBytes - 1) % windowSizeBytes) + 1;
}

function startOf({ way, doneBytes, pendingBytes }: RewriteState): number {
  return way === 'forward' ? doneBytes : doneBytes - pendingBytes;
}

function after({ way, doneBytes, pendingBytes }: RewriteState): RewriteState {
  return { way, doneBytes: way === 'forward' ? doneBytes + pendingBytes : doneBytes - pendingBytes, pendingBytes: 0 };
}

function sidesOf(
  { oldKey, newKey }: InPlaceRewrite,
  { way }: RewriteState,
): { source: DiskKey | null; target: DiskKey | null } {
  return way === 'forward' ? { source: oldKey, target: newKey } : { source: newKey, target: oldKey };
}
