import { HypervisorError, type HypervisorErrorCode } from './errors.js';

/** Codes that blame the VM's files, and not a key or a full medium. */
const DAMAGE: readonly HypervisorErrorCode[] = [
  'BUNDLE_TAMPERED',
  'BUNDLE_MISSING',
  'ENVELOPE_TAMPERED',
  'DESCRIPTOR_MISMATCH',
  'FILE_DAMAGED',
  'ENCRYPTED_DISK_ON_PLAIN_VM',
  'NOT_SUPPORTED',
  'INVALID_ARGUMENT',
];

/** Whether an error says that files of a VM are not whole, or not of a kind that is served. */
export function blamesFiles(error: unknown): error is HypervisorError {
  return error instanceof HypervisorError && DAMAGE.includes(error.code);
}
