import type { LabErrorCode, OrderAnswer, OrderOutcome } from '@vcryptsim/lab';
import { isOfThisMachine } from '../run/take-step.js';
import type { PlannedStep } from '../scenario/scenario.js';
import type { StepError } from '../scene/step-error.js';
import { faultName } from './fault-name.js';

/** The fault of an order that was done, and of which something that it says was not as expected. */
export const UNMET = 'EXPECTATION';

/** Refusals of the lab itself, and what they say of the order. All others are the product's. */
const OUTCOMES: Partial<Record<LabErrorCode, OrderOutcome>> = {
  VM_NOT_CREATED: 'not understood',
  NAME_NOT_FOUND: 'not understood',
  DISK_NOT_THERE: 'not understood',
  NAME_AMBIGUOUS: 'not understood',
  BAD_IMAGE: 'not understood',
  LEDGER_LOST: 'not possible',
  ENVIRONMENT: 'not possible',
};

/**
 * What a refusal says of its order.
 *
 * @param hasDiskFaults a disk of the lab is broken on purpose: then it is not this machine's
 */
export function refused(refusal: StepError, step: PlannedStep, hasDiskFaults: boolean): OrderAnswer {
  const { code, message, privilege, messageKey, object, objectName } = refusal;
  const own = OUTCOMES[code as LabErrorCode];
  const outcome = own ?? (isOfThisMachine(code) && !hasDiskFaults ? 'not possible' : 'refused');
  const told = answer(outcome, faultName(code), step, message);
  const about = object === null ? objectName : objectName === null ? object : `${objectName} (${object})`;
  return { ...told, privilege, messageKey, object: about ?? told.object };
}

/** The answer to what is no order; `text` says why. */
export function notUnderstood(text: string): OrderAnswer {
  return { outcome: 'not understood', fault: null, messageKey: null, privilege: null, object: null, text };
}

/** An answer about what the step is about. */
export function answer(outcome: OrderOutcome, fault: string | null, step: PlannedStep, text: string): OrderAnswer {
  const { makes = [], uses = [] } = step.action.plan;
  return { outcome, fault, messageKey: null, privilege: null, object: (makes[0] ?? uses[0])?.name ?? null, text };
}
