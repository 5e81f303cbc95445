import { alarm } from './alarm.js';
import { policyCompliance, vmCompliance } from './compliance.js';
import { datastoreContains } from './datastore-contains.js';
import { datastorePacked, datastoreShared } from './datastore-stats.js';
import { error } from './error.js';
import { event } from './event.js';
import type { ExpectationKind } from './expectation-kind.js';
import { hostKeys } from './host-keys.js';
import { kmip } from './kmip.js';
import { permission } from './permission.js';
import { task } from './task.js';
import { text } from './text.js';
import { took } from './took.js';
import { vcenterEvent } from './vcenter-event.js';
import { vmState } from './vm-state.js';

/** Every word that may stand under `expect:` and `until:`. */
export const EXPECTATIONS: readonly ExpectationKind[] = [
  error,
  text,
  took,
  vmState,
  vmCompliance,
  policyCompliance,
  permission,
  hostKeys,
  kmip,
  datastoreContains,
  datastoreShared,
  datastorePacked,
  event,
  vcenterEvent,
  task,
  alarm,
];
