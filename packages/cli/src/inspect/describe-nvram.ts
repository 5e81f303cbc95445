import { decodeNvram, isPlainNvram } from '@vcryptsim/hypervisor/formats';
import type { FileReport } from './file-report.js';

/** Nonce and tag of a sealed VM file (crypto-core's envelope). */
const ENVELOPE_EXTRA_BYTES = 12 + 16;

/**
 * Says what an NVRAM file shows: its variables when it is plain; nothing but its size when it is sealed. A sealed file
 * has no mark of its own: the VM's configuration names the key.
 *
 * @throws HypervisorError FILE_DAMAGED
 */
export function describeNvram(bytes: Uint8Array, file: string): FileReport {
  const format = 'firmware variables of a VM (.nvram)';
  if (isPlainNvram(bytes)) {
    const clear = [...decodeNvram(bytes, file)].map(([name, value]) => ({ name, value: `${value.length} bytes` }));
    return { file, format, encrypted: false, clear, sealed: [], keys: [] };
  }
  const size = `${Math.max(0, bytes.length - ENVELOPE_EXTRA_BYTES)} bytes behind AES-256-GCM; the .vmx beside it names the key`;
  return { file, format, encrypted: true, clear: [], sealed: [{ name: 'the whole file', value: size }], keys: [] };
}
