import { readNvramFile } from './nvram-file.js';
import type { VmConfig } from './vm-config.js';

/**
 * Refuses a VM whose VMX has no bundle although its files are sealed: it is not a plain VM, and what would be right for one
 * is no help (row S21).
 *
 * @throws HypervisorError BUNDLE_MISSING; as {@link readNvramFile}
 */
export async function refuseLostBundle(config: VmConfig): Promise<void> {
  if (config.sealedHome === null) await readNvramFile(config, null);
}
