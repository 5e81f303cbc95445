import { parseBundle, Vmx } from '@vcryptsim/hypervisor/formats';
import { type FileReport, sealedKeys } from './file-report.js';

const BUNDLE = 'encryption.bundle';

/**
 * Says what a VM's configuration shows: everything but the bundle, which holds the VM home's data key.
 *
 * @param text the file, decoded
 * @param file name for the report and for errors
 * @throws HypervisorError FILE_DAMAGED, BUNDLE_TAMPERED
 */
export function describeVmx(text: string, file: string): FileReport {
  const vmx = Vmx.parse(text, file);
  const bundle = vmx.get(BUNDLE);
  const keys = bundle === undefined ? [] : sealedKeys(BUNDLE, parseBundle(bundle, file));
  const clear = vmx
    .entries()
    .filter(([name]) => name.toLowerCase() !== BUNDLE)
    .map(([name, value]) => ({ name, value }));
  const sealed =
    bundle === undefined ? [] : [{ name: BUNDLE, value: 'the data key of the VM home (NVRAM and other VM files)' }];
  return { file, format: 'configuration of a VM (.vmx)', encrypted: bundle !== undefined, clear, sealed, keys };
}
