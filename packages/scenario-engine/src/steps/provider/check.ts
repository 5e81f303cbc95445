import { retrieveKmipServersStatus } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `provider.check`: has vCenter look at all key servers now (RetrieveKmipServersStatus_Task). */
export const providerCheck = operationStep(retrieveKmipServersStatus, {
  example: 'provider.check: {}',
  facts: (_answer, _fields, { vcenter }) =>
    vcenter.keyServerStatus().map(({ name, status, connectionStatus }) => `${name} is ${status}: ${connectionStatus}.`),
});
