import { ByteScanner, scanFolder } from '@vcryptsim/simkit/scan';
import { LabError } from '../errors/lab-error.js';
import type { SecretNeedles } from '../needles/secret-needles.js';
import type { Searched } from './check-invariants.js';

/** What is searched, and what is planted there. */
export interface Planted extends Searched {
  readonly needles: SecretNeedles;
}

/** The needle is planted behind this many other bytes, so that it does not stand where a search begins. */
const LEAD_BYTES = 70_001;
/** On the wire the needle comes in two pieces, cut after so many of its bytes. */
const CUT_AFTER_BYTES = 11;

/**
 * Proves that the searches of this run can find: plants a needle in a file among vCenter's and in two frames on a wire,
 * has both found, and takes them away.
 *
 * @throws LabError NEEDLE_NOT_FOUND when a search is broken, and all its silence worth nothing
 */
export async function provePlantedNeedle(world: Planted): Promise<void> {
  if (!(await foundInFile(world))) throw missed('in files');
  if (!foundOnWire(world)) throw missed('on wires');
}

async function foundInFile(world: Planted): Promise<boolean> {
  const { planted } = world.needles;
  const path = `${world.folder.vcenter}/planted-needle`;
  const handle = await world.files.open(path, { access: 'write', create: 'exclusive' });
  try {
    await handle.pwrite(behindLead(world), 0);
    for await (const match of scanFolder(world.files, world.folder.vcenter, new ByteScanner([planted]))) {
      if (match.path === path && match.offsetBytes === LEAD_BYTES) return true;
    }
    return false;
  } finally {
    await handle.close();
    await world.files.unlink(path);
  }
}

function foundOnWire(world: Planted): boolean {
  const connection = { number: 0, from: 'run', to: 'run' };
  const bytes = behindLead(world);
  const cut = LEAD_BYTES + CUT_AFTER_BYTES;
  for (const piece of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
    world.wireWatch.look({ connection, direction: 'to-server', bytes: piece });
  }
  world.wireWatch.forget(connection);
  return world.wireWatch.take().some((match) => match.offsetBytes === LEAD_BYTES);
}

function behindLead(world: Planted): Uint8Array {
  const { planted } = world.needles;
  const content = new Uint8Array(LEAD_BYTES + planted.bytes.lengthBytes);
  planted.bytes.lend((plain) => content.set(plain, LEAD_BYTES));
  return content;
}

function missed(where: string): LabError {
  const message = `The search ${where} missed a needle that was planted for it. Do not trust this run; report it.`;
  return new LabError('NEEDLE_NOT_FOUND', message);
}
