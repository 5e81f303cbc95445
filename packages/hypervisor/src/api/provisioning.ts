/**
 * How the extent of a disk comes into being (VirtualDiskType of the vSphere API, without `preallocated`): when it takes its room,
 * and what it holds before its guest writes.
 * - `eagerZeroedThick`: all of it at once, zeros written (ciphertext where it is encrypted).
 * - `lazyZeroedThick`: reserved on a real datastore, zeroed where it is first written. Here nothing is reserved: a sparse file.
 * - `thin`: where it is written; the descriptor says so (`ddb.thinProvisioned`).
 *
 * Of the last two what was not written is zeros in the file, and so shows which part of an encrypted disk is in use.
 */
export type Provisioning = 'eagerZeroedThick' | 'lazyZeroedThick' | 'thin';
