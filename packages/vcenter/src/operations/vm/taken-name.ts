import type { MoRef, VmName } from '@vcryptsim/ports';
import { VCenterError } from '../../terms/errors.js';
import type { OperationContext } from '../operation-context.js';

/** DuplicateName: names are told apart within a folder. @throws VCenterError ALREADY_EXISTS */
export function refuseTakenName({ inventory }: OperationContext, folder: MoRef<'Folder'>, name: VmName): void {
  if (!inventory.isNameTaken('vms', folder, name)) return;
  const what = `VM ${name}`;
  throw new VCenterError({ code: 'ALREADY_EXISTS', what }, `There is a ${what} already. Choose another name.`);
}
