export { type Appended, AppendLane, type End, type Wipe, type Write } from './append-lane.js';
export { CHAIN_ORIGIN, type ChainCheck, sha256Check } from './chain-check.js';
export {
  DurableLog,
  type DurableLogOptions,
  LOG_LIMITS,
  type LogLimits,
  type OpenedLog,
} from './durable-log.js';
export {
  FileWindow,
  type Found,
  type FrameFormat,
  type FrameSource,
  framesFrom,
  hasFrameAfter,
  sourceOf,
} from './frame-reader.js';
export { type During, LogError, type LogErrorCode } from './log-error.js';
export { type FilePlace, type Published, publishFile, switchFile } from './publish-file.js';
export { type ChainEnd, type ChainedFrame, cutTornTail, hasHoles, readChain } from './read-chain.js';
export type { Records } from './write-log.js';
