import { decodeNvram, isPlainNvram, isSealedFile, SEALED_FILE_OVERHEAD_BYTES } from '@vcryptsim/hypervisor/formats';
import { CliError, EXIT } from '../exit.js';
import type { FileReport } from './file-report.js';

/**
 * Says what an NVRAM file shows: its variables when it is plain; nothing but its size when it is sealed. The key is
 * named by the VM's configuration, not here.
 *
 * @throws HypervisorError FILE_DAMAGED; CliError when it is neither
 */
export function describeNvram(bytes: Uint8Array, file: string): FileReport {
  const format = 'firmware variables of a VM (.nvram)';
  if (isPlainNvram(bytes)) {
    const clear = [...decodeNvram(bytes, file)].map(([name, value]) => ({ name, value: `${value.length} bytes` }));
    return { file, format, encrypted: false, clear, sealed: [], keys: [] };
  }
  if (!isSealedFile(bytes)) {
    const nextStep = 'It was changed or cut short; put back a saved copy.';
    throw new CliError(EXIT.environment, `${file} is neither a plain nor a sealed NVRAM file.`, nextStep);
  }
  const contentBytes = Math.max(0, bytes.length - SEALED_FILE_OVERHEAD_BYTES);
  const value = `${contentBytes} bytes under AES-256-GCM; the .vmx beside it names the key`;
  return { file, format, encrypted: true, clear: [], sealed: [{ name: 'the whole file', value }], keys: [] };
}
