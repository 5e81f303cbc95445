import type { HostEvent } from '@vcryptsim/hypervisor';
import type { KmsEvent } from '@vcryptsim/kms';
import type { VCenterEvent } from '@vcryptsim/vcenter';
import type { RunEvent } from './world-event.js';

/*
 * A scenario may expect any of these events, and the linter must know them all. The compiler holds each list against
 * the union of its package: after a new event there, add a line here.
 */

const RUN: Record<RunEvent['type'], true> = {
  STEP_BEGAN: true,
  STEP_ENDED: true,
  FAULT_SET: true,
  FAULT_CLEARED: true,
  HOST_POWER_CUT: true,
  SITE_POWER_CUT: true,
};

const HOST: Record<HostEvent['type'], true> = {
  HOST_BOOTED: true,
  HOST_GONE: true,
  CRYPTO_STATE_CHANGED: true,
  KEY_CACHED: true,
  KEY_REMOVED: true,
  VM_CREATED: true,
  VM_REGISTERED: true,
  VM_UNREGISTERED: true,
  VM_LOCKED: true,
  VM_UNLOCKED: true,
  VM_DAMAGED: true,
  VM_POWERED_ON: true,
  VM_POWERED_OFF: true,
  VM_LOCK_BROKEN: true,
  VM_LOCK_LOST: true,
  VM_SUSPENDED: true,
  VM_RECONFIGURED: true,
  VM_DISKS_CHANGED: true,
  VM_CHANGE_SETTLED: true,
  SNAPSHOT_CREATED: true,
  SNAPSHOT_REVERTED: true,
  SNAPSHOT_REMOVED: true,
  DISKS_CONSOLIDATED: true,
  EXTENT_TOO_LONG: true,
  DISK_IMPORTED: true,
  DISK_EXPORTED: true,
};

const VCENTER: Record<VCenterEvent['type'], true> = {
  VCENTER_BOOTED: true,
  VCENTER_STOPPED: true,
  TASK_STARTED: true,
  TASK_ENDED: true,
  EVENT_RECORDED: true,
  ALARM_RAISED: true,
  ALARM_CLEARED: true,
  CLUSTER_ADDED: true,
  HOST_ADDED: true,
  HOST_SEEN: true,
  HOST_LOST: true,
  HOST_CRYPTO_ENABLED: true,
  VM_ADDED: true,
  VM_REMOVED: true,
  VM_LOCK_SEEN: true,
  VM_UNLOCK_SEEN: true,
  PROVIDER_CHANGED: true,
  DEFAULT_PROVIDER_CHANGED: true,
  CLIENT_CERTIFICATE_MADE: true,
  CLIENT_CERTIFICATE_UPLOADED: true,
  CLIENT_REQUEST_MADE: true,
  SERVER_TRUSTED: true,
  SERVER_HEALTH_CHANGED: true,
  KMS_STEP_DONE: true,
  KMS_STEP_FAILED: true,
  TAGGING_REFUSED: true,
  KEY_GENERATED: true,
  KEY_FETCHED: true,
  KEY_PUSHED: true,
  KEY_PUSH_FAILED: true,
};

const KEY_SERVER: Record<KmsEvent['type'], true> = {
  STORE_OPENED: true,
  NODE_LISTENING: true,
  NODE_STOPPED: true,
  CLIENT_ADDED: true,
  CLIENT_REVOKED: true,
  CLIENT_REFUSED: true,
  FAULT_CONTAINED: true,
  KEY_CREATED: true,
  KEY_REGISTERED: true,
  KEY_SERVED: true,
  KEY_STATE_CHANGED: true,
  ATTRIBUTE_ADDED: true,
  FOLLOWER_ADDED: true,
  FOLLOWER_JOINED: true,
  FOLLOWER_LEFT: true,
  LEADER_LINKED: true,
  LEADER_LOST: true,
  REPLICA_ADVANCED: true,
};

const ALL = [RUN, HOST, VCENTER, KEY_SERVER];

/** Every type of event that an actor of a run emits. */
export const EVENT_TYPES: readonly string[] = [...new Set(ALL.flatMap((types) => Object.keys(types)))].sort();
