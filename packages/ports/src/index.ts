export { AssertionError, assert } from './assert.js';
export type { Brand } from './brand.js';
export { equalBytes, joinBytes, viewOf } from './bytes.js';
export { type Clock, ClockError, type ClockErrorCode, type WorldClock } from './clock.js';
export { exists, folderOf, makeFolders, readWhole, replaceFile, replaceFileUnsynced } from './durable-file.js';
export { drawUuid, type Entropy } from './entropy.js';
export { escapeXml } from './escape-xml.js';
export type { EventEnvelope, EventSink } from './events.js';
export {
  FileError,
  type FileErrorCode,
  type FileHandle,
  type FileKind,
  type FileStatus,
  type FileSystem,
  type OpenOptions,
} from './file-system.js';
export type { FolderLock, FolderLocks, LockHolder } from './folder-lock.js';
export {
  type CryptoKeyId,
  type DiskUuid,
  formatKeyId,
  type HostName,
  type HostUuid,
  type KeyId,
  type KeyServerName,
  type ProviderId,
  sameKeyId,
  type VmName,
  type VmUuid,
} from './ids.js';
export type { KeyPair, KeyPairKind, KeyPairSource, NistCurve } from './key-pairs.js';
export { LineReader, writeLine } from './local-lines.js';
export type { LocalChannel, LocalSocket } from './local-socket.js';
export { type FolderPrefix, type ManagedObjectType, type MoRef, moRef, moTypeOf } from './mo-ref.js';
export {
  type Channel,
  type ChannelEnding,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type NetworkAddress,
  NetworkError,
  type NetworkErrorCode,
  type PeerCertificate,
  type PeerJudge,
  type TlsFacts,
  type TlsIdentity,
} from './network.js';
export { SECTOR_SIZE_BYTES, type SectorCount, type SectorIndex, sectorCount, sectorIndex } from './units.js';
export { visibleJson, visibleLine, visibleText } from './visible-text.js';
export { Admission, type Guest } from './wire/admission.js';
export { type Carrier, ChannelEnd } from './wire/channel-end.js';
export { Inbox } from './wire/inbox.js';
