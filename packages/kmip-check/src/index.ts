export type { Finding, Outcome, Place } from './check.js';
export { type CheckReport, type CheckResult, checkKeyServer } from './check-key-server.js';
export { junitCheckReport } from './junit-check-report.js';
export { CHECK_PROFILES, type CheckProfile } from './profiles.js';
export { KMIP_CHECKS } from './registry.js';
export type { CheckOptions } from './server-under-check.js';
