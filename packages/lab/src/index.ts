export type { GuestDisk, GuestMemoryPort } from '@vcryptsim/hypervisor';
export type { SnapshotInfo, SnapshotList } from '@vcryptsim/hypervisor/api';
export { Operation, ResultReason } from '@vcryptsim/kmip-lite';
export { renderMessage } from '@vcryptsim/kmip-lite/text';
export type { ScanNeedle } from '@vcryptsim/simkit/scan';
export {
  ADMINISTRATOR,
  ALARM_NAMES,
  type ComplianceResult,
  type ComplianceStatus,
  type CryptoWish,
  EVENT_TYPES as VCENTER_EVENT_TYPES,
  type EventRecord,
  type KmipServerSpec,
  type Session,
  type TaskRecord,
  type UserName,
  type VCenter,
} from '@vcryptsim/vcenter';
export type { LabOrder, LabWords, OrderAnswer, OrderOutcome } from './control/control-lines.js';
export { ControlLink, type ReplyListener } from './control/control-link.js';
export type { AlarmStatus, HostStatus, KeyServerStatus, LabStatus, VmStatus } from './control/lab-status.js';
export { type ExecuteOrder, type LabEnd, LiveLab } from './control/live-lab.js';
export {
  COMPARED_DISKS_MAX,
  type DatastoreStats,
  type DiskStats,
  measureDatastore,
  type PairRelation,
  type PairStats,
  type StateStats,
} from './dedup/datastore-stats.js';
export { LabError, type LabErrorCode } from './errors/lab-error.js';
export { succeed, TaskError } from './errors/task-error.js';
export type { Disk } from './faults/disk.js';
export { digestFolder } from './folder/digest-folder.js';
export { LabFolder, type LabPlaces, labFolderAt } from './folder/lab-folder.js';
export type { LabMemory, LabSetup } from './folder/lab-memory.js';
export { type RunMark, readRunMark, removeRunFolder } from './folder/run-mark.js';
export { compareDisk, type DiskDigest } from './guests/compare-disk.js';
export { openDiskImage } from './guests/disk-image.js';
export type { GuestLedger, SectorRun } from './guests/guest-ledger.js';
export type { DiskImage } from './guests/image.js';
export { exportOvf, type OvfExport, type OvfExportOptions } from './guests/ovf-export.js';
export { checkImages, type TrackedDisk, type TrackedVm } from './guests/virtual-machines.js';
export type { LookDifference, VmLook } from './guests/vm-looks.js';
export { checkEverything, checkWritten } from './invariants/check-invariants.js';
export type { Invariant, Violation } from './invariants/invariant.js';
export { provePlantedNeedle } from './invariants/planted-needle.js';
export { INVARIANTS } from './invariants/registry.js';
export { keyNames } from './key-map/key-names.js';
export { type KeyPlace, keyPlaces, keyTable } from './key-map/key-places.js';
export { type FolderKind, InventoryNames } from './names/inventory-names.js';
export { inFirstThatKnows } from './names/vcenter-of.js';
export { searchFolders } from './needles/search-files.js';
export { type KeyServerAccess, readKeyServerAccess } from './racks/key-server-access.js';
export { describeWire, type ObservedWire } from './taps/describe-wire.js';
export type { TimelineEntry } from './taps/timeline.js';
export type { KmipExchange, WireMessage } from './taps/wire-transcript.js';
export { durationBetween, durationSchema, formatDuration, parseDurationMs } from './topology/duration.js';
export {
  type ExternalKms,
  type ExternalKmsOverrides,
  externalKmsOf,
  type KeyServerAccessFiles,
} from './topology/external-kms.js';
export { type LabProblem, labProblems } from './topology/lab-problems.js';
export { pathSchema, plainText } from './topology/plain-text.js';
export { RELEASE } from './topology/release.js';
export { machinesOf, type SitePlan, shownReleases, sitePlanOf } from './topology/site-plan.js';
export { DISK_BYTES_MAX, diskSizeSchema, formatSize, parseSizeBytes } from './topology/size.js';
export { type Lab, type LabNames, labSchema, namesOf, oneOf } from './topology/topology.js';
export { userNameOf, userNameSchema } from './topology/user-name.js';
export { disksOf, disksProblem, type LabDisk, type LabVm, vmSchema, vmShape } from './topology/vm.js';
export { ERROR_CODES } from './vocabulary/known-codes.js';
export { EVENT_TYPES } from './vocabulary/known-events.js';
export type { RunEvent, WorldEvent } from './vocabulary/world-event.js';
export type { DatastorePlace } from './world/datastore-files.js';
export { type RunWorldOptions, World, type WorldOptions } from './world/world.js';
