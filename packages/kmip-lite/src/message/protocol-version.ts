/** A version of KMIP. */
export interface ProtocolVersion {
  readonly major: number;
  readonly minor: number;
}

/** KMIP 1.0. */
export const KMIP_1_0: ProtocolVersion = { major: 1, minor: 0 };
/** KMIP 1.1, which vCenter speaks. */
export const KMIP_1_1: ProtocolVersion = { major: 1, minor: 1 };
/** KMIP 1.4, the newest version that is spoken here. */
export const KMIP_1_4: ProtocolVersion = { major: 1, minor: 4 };
/** What a server here may speak, preferred first. */
export const supportedVersions: readonly ProtocolVersion[] = [
  KMIP_1_4,
  { major: 1, minor: 3 },
  { major: 1, minor: 2 },
  KMIP_1_1,
  KMIP_1_0,
];

/** `1.1`, for people. */
export function formatVersion(version: ProtocolVersion): string {
  return `${version.major}.${version.minor}`;
}

/** Says whether two versions are the same. */
export function sameVersion(a: ProtocolVersion, b: ProtocolVersion): boolean {
  return a.major === b.major && a.minor === b.minor;
}
