// What the VMX says under seal of each encrypted disk, against the descriptors: all of them name one key, or each its own.
import { Kek } from '@vcryptsim/crypto-core';
import { type FileSystem, formatKeyId, sameKeyId } from '@vcryptsim/ports';
import { VmFolder } from '../../../packages/hypervisor/src/datastore/vm-folder.js';
import { openHome } from '../../../packages/hypervisor/src/vm-home/open-bundle.js';
import { readVmConfig } from '../../../packages/hypervisor/src/vm-home/vm-config.js';
import { must } from '../scenario.js';
import { ALL_KEYS, VM_FOLDER, xtsEngine } from './vm-world.js';

/** Throws a Loss where the VM home has another key for a disk than its descriptor, or a descriptor has several. */
export async function checkBinding(files: FileSystem): Promise<void> {
  const config = await readVmConfig(new VmFolder(files, 'ds1', 'web', VM_FOLDER), 'web.vmx');
  if (config.sealedHome === null) return;
  const keks = ALL_KEYS.map(({ id, bytes }) => ({ id, kek: Kek.take(Uint8Array.from(bytes)) }));
  const keys = {
    has: (id: (typeof keks)[number]['id']) => keks.some((each) => sameKeyId(each.id, id)),
    get: (id: (typeof keks)[number]['id']) => keks.find((each) => sameKeyId(each.id, id))?.kek,
  };
  const home = openHome(config.sealedHome, config, { keys, engine: xtsEngine() });
  try {
    for (const { uuid, fileName, encryption } of config.disks) {
      const named = encryption?.sealed.map(({ keyId }) => formatKeyId(keyId)) ?? [];
      const bound = home?.disks.get(uuid)?.key;
      must(
        named.length === 1 && named[0] === bound,
        () => `${fileName} names ${named.join(' and ')}, the VMX ${bound}`,
      );
    }
  } finally {
    home?.dek.dispose();
    for (const { kek } of keks) kek.dispose();
  }
}
