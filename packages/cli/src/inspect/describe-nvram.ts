import {
  decodeNvram,
  encryptedObjectOf,
  isPlainNvram,
  isSealedFile,
  SEALED_FILE_OVERHEAD_BYTES,
} from '@vcryptsim/hypervisor/formats';
import { CliError, EXIT } from '../exit.js';
import type { FileReport } from './file-report.js';

const FORMAT = 'firmware variables of a VM (.nvram)';
const VMWARE_MARK = 'MRVN';

/**
 * Says what an NVRAM file shows: its variables when it is a plain one of ours; nothing but its size when it is sealed,
 * by us or by VMware. The key is named by the VM's configuration, not here.
 *
 * @throws HypervisorError FILE_DAMAGED; CliError when it is none of these
 */
export function describeNvram(bytes: Uint8Array, file: string): FileReport {
  const none = { clear: [], sealed: [], keys: [] };
  if (isPlainNvram(bytes)) {
    const clear = [...decodeNvram(bytes, file)].map(([name, value]) => ({ name, value: `${value.length} bytes` }));
    return { ...none, file, format: FORMAT, encrypted: false, clear };
  }
  if (Buffer.from(bytes.subarray(0, VMWARE_MARK.length)).toString('latin1') === VMWARE_MARK) {
    return {
      ...none,
      file,
      format: `${FORMAT}, as VMware writes it`,
      encrypted: false,
      clear: [{ name: 'the whole file', value: `${bytes.length} bytes; their layout is not published, nor read here` }],
    };
  }
  const object = encryptedObjectOf(bytes);
  if (object === null && !isSealedFile(bytes)) {
    const nextStep = 'It may come from another product, or be cut short: the program that wrote it can tell.';
    throw new CliError(EXIT.environment, `${file} is neither a plain nor a sealed NVRAM file known here.`, nextStep);
  }
  if (object !== null) {
    const value = `${object.contentBytes} bytes under AES-256-CBC; the .vmx beside it has the sealed key`;
    return { ...none, file, format: `${FORMAT}, as VMware seals it`, encrypted: true, sealed: [whole(value)] };
  }
  const contentBytes = Math.max(0, bytes.length - SEALED_FILE_OVERHEAD_BYTES);
  const value = `${contentBytes} bytes under AES-256-GCM; the .vmx beside it names the key`;
  return { ...none, file, format: FORMAT, encrypted: true, sealed: [whole(value)] };
}

function whole(value: string): { name: string; value: string } {
  return { name: 'the whole file', value };
}
