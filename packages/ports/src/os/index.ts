export { TlsNetwork, type TlsNetworkOptions } from './network/tls-network.js';
export { OsFileSystem, type OsFileSystemOptions } from './os-file-system.js';
export { SystemClock } from './system-clock.js';
export { SystemEntropy } from './system-entropy.js';
export { SystemKeyPairs } from './system-key-pairs.js';
