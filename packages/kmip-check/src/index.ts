export { type CheckReport, type CheckResult, checkKeyServer } from './check-key-server.js';
export type { Finding, Outcome, Place } from './finding.js';
export { junitCheckReport } from './junit-check-report.js';
export { type KeptMessage, KeptWire } from './kept-wire.js';
export { CHECK_PROFILES, type CheckProfile, type CheckProfileName } from './profiles.js';
export { KMIP_CHECKS } from './registry.js';
export type { CheckOptions, OperationLatency } from './server-under-check.js';
