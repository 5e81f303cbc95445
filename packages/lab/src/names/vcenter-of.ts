import type { VCenter, VmRecord } from '@vcryptsim/vcenter';
import { LabError } from '../errors/lab-error.js';
import { InventoryNames } from './inventory-names.js';

/** Refusals of a look-up in one vCenter, after which the next one is asked. */
const NOT_THERE = ['VM_NOT_CREATED', 'NAME_NOT_FOUND'];

/**
 * Looks something up in the first of some vCenters that knows it.
 *
 * @param look by the names of one vCenter
 * @throws what `look` throws: for a name that none knows, what the first vCenter says
 */
export function inFirstThatKnows<Found>(
  vcenters: Iterable<VCenter>,
  look: (names: InventoryNames, vcenter: VCenter) => Found,
): Found {
  let first: LabError | null = null;
  for (const vcenter of vcenters) {
    try {
      return look(new InventoryNames(vcenter), vcenter);
    } catch (error) {
      if (!(error instanceof LabError) || !NOT_THERE.includes(error.code)) throw error;
      first ??= error;
    }
  }
  throw first ?? new LabError('NAME_NOT_FOUND', 'There is no vCenter to ask.');
}

/**
 * The VM of a name, in whichever vCenter it is. A reference is looked for in the first vCenter first.
 *
 * @throws LabError VM_NOT_CREATED; NAME_AMBIGUOUS when several vCenters have a VM of that name
 */
export function vmAnywhere(
  vcenters: ReadonlyMap<string, VCenter>,
  text: string,
): { readonly vcenter: VCenter; readonly vm: VmRecord } {
  const known = [...vcenters].filter(([, vcenter]) => hasVm(vcenter, text));
  const isRef = known.some(([, vcenter]) => new InventoryNames(vcenter).vm(text).id === text);
  if (known.length > 1 && !isRef) {
    const which = known.map(([name]) => name).join(' and ');
    throw new LabError('NAME_AMBIGUOUS', `${which} each have a VM ${text}. Say which vCenter is meant.`);
  }
  return inFirstThatKnows(vcenters.values(), (names, vcenter) => ({ vcenter, vm: names.vm(text) }));
}

function hasVm(vcenter: VCenter, text: string): boolean {
  try {
    return new InventoryNames(vcenter).vm(text) !== null;
  } catch (error) {
    if (error instanceof LabError && error.code === 'VM_NOT_CREATED') return false;
    throw error;
  }
}
