import { reconnectHost } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `host.reconnect`: has vCenter look at a host now, and bring it the keys that it lacks (ReconnectHost_Task). */
export const hostReconnect = operationStep(reconnectHost, {
  example: 'host.reconnect: esx-1',
});
