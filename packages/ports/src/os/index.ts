export { OsFolderLocks } from './folder-lock/os-folder-locks.js';
export { OsFileSystem, type OsFileSystemOptions } from './os-file-system/os-file-system.js';
export { runCommand } from './run-command.js';
export { SystemClock } from './system-clock.js';
export { SystemEntropy } from './system-entropy.js';
export { SystemKeyPairs } from './system-key-pairs.js';
export { type RelayMode, TcpRelay } from './tcp-relay.js';
export { TlsNetwork, type TlsNetworkOptions } from './tls-network/tls-network.js';
export { UnixSocket } from './unix-socket.js';
