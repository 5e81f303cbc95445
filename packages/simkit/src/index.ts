export { type SecretDraw, SecretRecorder } from './entropy/secret-recorder.js';
export { SeededEntropy, type SeededEntropyOptions } from './entropy/seeded-entropy.js';
export { EventLog } from './events/event-log.js';
export { FaultyFileSystem, type FileFault } from './files/faulty-file-system.js';
export { ForwardingFileSystem } from './files/forwarding-file-system.js';
export { MemoryFileSystem, type MemoryFileSystemOptions } from './files/memory-file-system.js';
export { MountedFileSystem, type Mounts } from './files/mounted-file-system.js';
export { type CrashHistory, CrashLog } from './files/power-cut/crash-log.js';
export type { CrashFamily, CrashOptions, CrashState } from './files/power-cut/crash-state.js';
export { countCrashStates, crashStates } from './files/power-cut/crash-states.js';
export type { LoggedOperation } from './files/power-cut/effects.js';
export {
  type Aftermath,
  type CallFailure,
  type FailingCall,
  type FailingCallOptions,
  failingCalls,
} from './files/power-cut/failing-calls.js';
export { MachineFileSystem } from './files/power-cut/machine-file-system.js';
export { PowerCutFileSystem, type PowerCutOptions } from './files/power-cut/power-cut-file-system.js';
export { PowerSwitch } from './files/power-cut/power-switch.js';
export type { Survivors } from './files/power-cut/survivors.js';
export {
  type FileOperation,
  RecordingFileSystem,
  type RecordingFileSystemOptions,
} from './files/recording-file-system.js';
export { MaskedBytes } from './masked-bytes.js';
export { FaultyNetwork, type NetworkFault } from './network/faulty-network.js';
export { MemoryNetwork } from './network/memory-network.js';
export { type TapConnection, type TapFrame, type TapObserver, TappedNetwork } from './network/tapped-network.js';
export { VirtualClock, type VirtualClockOptions } from './virtual-clock/virtual-clock.js';
