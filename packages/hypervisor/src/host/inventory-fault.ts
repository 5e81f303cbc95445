import { LogError } from '@vcryptsim/durable-log';
import { FileError } from '@vcryptsim/ports';
import { HypervisorError } from '../api/errors.js';
import { notSupported } from '../api/faults.js';
import { fileFault, noSpace } from '../datastore/file-fault.js';

/** What a person does with an inventory that is not read. */
const MOVE_AWAY =
  'Restore a saved copy, or move it away, boot the host and register its virtual machines again: their own files are not touched.';

/** Turns what a log or a file call throws into the host's own refusal; anything else passes through. */
export function inventoryFault(error: unknown, path: string, intent: 'read' | 'write'): unknown {
  if (!(error instanceof LogError)) return fileFault(error, path, intent);
  switch (error.code) {
    case 'LOG_FOREIGN':
      return foreignInventory(path, error.found ? `it says that it is a ${error.found}` : 'it does not begin as one');
    case 'LOG_DAMAGED':
      return inventoryDamaged(path, `what is at byte ${error.offsetBytes} is not whole`);
    case 'LOG_DISORDERED':
      return inventoryDamaged(path, `what is at byte ${error.offsetBytes} is not what the host wrote there`);
    case 'LOG_UNWRITABLE':
      return leavesUnknown(error) ? unknownOnMedium(path, error) : fileFault(error.cause, path, 'write');
    case 'LOG_FULL':
    case 'RECORD_TOO_LARGE':
      return noSpace(path, path);
  }
}

/** Whether nobody knows after this error what the medium holds: whatever is changed next may be refused. */
export function leavesUnknown(error: unknown): boolean {
  return error instanceof LogError && error.code === 'LOG_UNWRITABLE' && error.during !== 'write';
}

/** A file in the place of the inventory that is something else, or of another version. */
export function foreignInventory(path: string, what: string): HypervisorError {
  return notSupported('inventory format', `${path} is not an inventory that this host reads: ${what}. ${MOVE_AWAY}`);
}

/** An inventory that is not what the host wrote. `what` is a clause without its full stop. */
export function inventoryDamaged(path: string, what: string): HypervisorError {
  return new HypervisorError(
    { code: 'FILE_DAMAGED', file: path, what },
    `${path}, the host's inventory, is damaged: ${what}. ${MOVE_AWAY}`,
  );
}

function unknownOnMedium(path: string, { cause }: LogError): unknown {
  // The boot ended: that is what the caller must hear of.
  if (cause !== undefined && !(cause instanceof FileError)) return cause;
  return new HypervisorError(
    { code: 'FILE_INACCESSIBLE', file: path, reason: cause?.code ?? 'IO' },
    `${path} could not be made durable, so whether the last change is in it is not known. Check the medium and reboot the host: it reads what is there.`,
  );
}
