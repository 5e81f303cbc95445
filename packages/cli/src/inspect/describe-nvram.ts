import { decodeNvram, encryptedObjectOf, isPlainNvram } from '@vcryptsim/hypervisor/formats';
import { CliError, EXIT } from '../exit.js';
import type { FileReport } from './file-report.js';

const FORMAT = 'firmware variables of a VM (.nvram)';
const VMWARE_MARK = 'MRVN';

/**
 * Says what an NVRAM file shows: its variables when it is a plain one of ours; nothing but its size when it is sealed. By
 * whom, us or VMware, does not show. The key is named by the VM's configuration, not here.
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
  if (object === null) {
    const nextStep = 'It may come from another product, or be cut short: the program that wrote it can tell.';
    throw new CliError(EXIT.environment, `${file} is neither a plain nor a sealed NVRAM file known here.`, nextStep);
  }
  const value = `${object.contentBytes} bytes under AES-256-CBC; the .vmx beside it has the sealed key`;
  const sealed = [{ name: 'the whole file', value }];
  return { ...none, file, format: `${FORMAT}, an encobj as VMware has it`, encrypted: true, sealed };
}
