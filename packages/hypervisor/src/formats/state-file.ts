import { ENCOBJ_MAGIC } from './encobj.js';

const STATE_MAGICS = [0xbed2bed0, 0xbad1bad1, 0xbed2bed2, 0xbed3bed3];

/** The clear header of an encrypted state file of VMware (facts/vsphere-formats.md Q6). */
export interface EncryptedObject {
  readonly version: number;
  /** Length of what is sealed. */
  readonly contentBytes: number;
}

/**
 * Reads the header of an "encobj": what `.nvram`, `.vmsn`, `.vmss` and `.vmem` of an encrypted VM are on VMware's own
 * products. Nothing is opened.
 *
 * @returns null when it is none
 */
export function encryptedObjectOf(head: Uint8Array): EncryptedObject | null {
  const view = viewOf(head, 0x20);
  if (view === null || view.getUint32(0, true) !== ENCOBJ_MAGIC) return null;
  return { version: view.getUint32(4, true), contentBytes: Number(view.getBigUint64(0x18, true)) };
}

/** Says whether a file is a saved state in clear: a `.vmsn` or `.vmss`. */
export function isStateFile(head: Uint8Array): boolean {
  const view = viewOf(head, 12);
  return view !== null && STATE_MAGICS.includes(view.getUint32(0, true));
}

function viewOf(head: Uint8Array, needsBytes: number): DataView | null {
  return head.length < needsBytes ? null : new DataView(head.buffer, head.byteOffset, head.byteLength);
}
