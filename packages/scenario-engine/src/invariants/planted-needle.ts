import { ByteScanner, scanFolder } from '@vcryptsim/simkit/scan';
import { RunError } from '../run/run-error.js';
import type { World } from '../world/world.js';

/** The needle is planted behind this many other bytes, so that it does not stand where a search begins. */
const LEAD_BYTES = 70_001;

/**
 * Proves that the search of this run can find: plants a needle in a file among vCenter's, has it found, takes it away.
 *
 * @throws RunError NEEDLE_NOT_FOUND when the search is broken, and all its silence worth nothing
 */
export async function provePlantedNeedle(world: World): Promise<void> {
  const { planted } = world.needles;
  const path = `${world.folder.vcenter}/planted-needle`;
  const handle = await world.files.open(path, { access: 'write', create: 'exclusive' });
  try {
    const content = new Uint8Array(LEAD_BYTES + planted.bytes.lengthBytes);
    planted.bytes.lend((plain) => content.set(plain, LEAD_BYTES));
    await handle.pwrite(content, 0);
  } finally {
    await handle.close();
  }
  try {
    const scanner = new ByteScanner([planted]);
    for await (const match of scanFolder(world.files, world.folder.vcenter, scanner)) {
      if (match.path === path && match.offsetBytes === LEAD_BYTES) return;
    }
  } finally {
    await world.files.unlink(path);
  }
  throw new RunError(
    'NEEDLE_NOT_FOUND',
    'The search for secrets missed a needle that was planted for it: it is broken.',
  );
}
