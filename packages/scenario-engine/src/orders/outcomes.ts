import type { LabErrorCode, OrderAnswer, OrderOutcome } from '@vcryptsim/lab';
import { isOfThisMachine } from '../run/take-step.js';
import type { PlannedStep } from '../scenario/scenario.js';
import type { StepError } from '../scene/observation.js';

/** The fault of an order that was done, and of which something that it says was not as expected. */
export const UNMET = 'EXPECTATION';

const ADMINISTRATOR = 'administrator@vsphere.local';

/** Refusals of the lab itself, and what they say of the order. All others are the product's. */
const OUTCOMES: Partial<Record<LabErrorCode, OrderOutcome>> = {
  VM_NOT_CREATED: 'not understood',
  BAD_IMAGE: 'not understood',
  LEDGER_LOST: 'not possible',
  ENVIRONMENT: 'not possible',
};

/** Says whether a user may do everything. Nobody asked as anybody else than the administrator is known yet. */
export function isAdministrator(name: string | null): boolean {
  return name === null || name.toLowerCase() === ADMINISTRATOR;
}

/** The refusal of a user whom the lab does not know. */
export function noPermission(user: string, step: PlannedStep): OrderAnswer {
  const text = `This lab knows no user '${user}'; nothing was changed.`;
  return answer('refused', 'NoPermission', step, text);
}

/** What a refusal says of its order. */
export function refused({ code, message }: StepError, step: PlannedStep): OrderAnswer {
  const own = OUTCOMES[code as LabErrorCode];
  const outcome = own ?? (isOfThisMachine(code) ? 'not possible' : 'refused');
  return answer(outcome, code, step, message);
}

/** The answer to what is no order; `text` says why. */
export function notUnderstood(text: string): OrderAnswer {
  return { outcome: 'not understood', fault: null, messageKey: null, privilege: null, object: null, text };
}

/** An answer about what the step is about. */
export function answer(outcome: OrderOutcome, fault: string | null, step: PlannedStep, text: string): OrderAnswer {
  const { creates, uses = [] } = step.action.plan;
  return { outcome, fault, messageKey: null, privilege: null, object: creates ?? uses[0] ?? null, text };
}
