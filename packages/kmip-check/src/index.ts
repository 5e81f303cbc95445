export type { Finding, Outcome, Place } from './finding.js';
export { type KeptMessage, KeptWire } from './kept-wire.js';
export { CHECK_PROFILES, type CheckProfile, type CheckProfileName } from './profiles.js';
export { type CheckReport, type CheckResult, checkKeyServer } from './run/check-key-server.js';
export { junitCheckReport } from './run/junit-check-report.js';
export { KMIP_CHECKS } from './run/registry.js';
export type { CheckOptions, OperationLatency } from './server-under-check.js';
