import type { EsxiVersion } from '@vcryptsim/hypervisor/api';

/** Releases of vCenter, oldest first. */
export const VCENTER_VERSIONS = [
  '6.5',
  '6.7',
  '7.0',
  '7.0U1',
  '7.0U2',
  '7.0U3',
  '8.0',
  '8.0U1',
  '8.0U2',
  '8.0U3',
] as const;

export type VCenterVersion = (typeof VCENTER_VERSIONS)[number];

/** Says whether a release is `since` or a later one. */
export function atLeast(version: VCenterVersion, since: VCenterVersion): boolean {
  return VCENTER_VERSIONS.indexOf(version) >= VCENTER_VERSIONS.indexOf(since);
}

/** Hosts, oldest first, with the vCenter release that came out with each. */
const HOSTS: Readonly<Record<EsxiVersion, VCenterVersion | '6.0'>> = {
  '6.0': '6.0',
  '6.5': '6.5',
  '6.7': '6.7',
  '7.0': '7.0',
  '7.0U2': '7.0U2',
  '8.0': '8.0',
  '8.0U3': '8.0U3',
};

/**
 * The oldest ESXi that a vCenter of each line manages: two lines back, as VMware's interoperability matrix has it
 * (from memory of that matrix; `[ours]` in docs/fidelity.md).
 */
const OLDEST_HOST: ReadonlyMap<string, EsxiVersion> = new Map([
  ['6.5', '6.0'],
  ['6.7', '6.0'],
  ['7.0', '6.5'],
  ['8.0', '6.7'],
]);

/**
 * Says why a vCenter cannot manage hosts of a release, or null when it can.
 *
 * @returns a sentence without its full stop
 */
export function impossiblePair(vcenter: VCenterVersion, host: EsxiVersion): string | null {
  const cameWith = HOSTS[host];
  if (cameWith !== '6.0' && !atLeast(vcenter, cameWith)) {
    return `vCenter ${vcenter} cannot manage ESXi ${host}: a host must not be newer than its vCenter`;
  }
  const oldest = OLDEST_HOST.get(vcenter.slice(0, 3)) ?? '6.0';
  const order = Object.keys(HOSTS);
  if (order.indexOf(host) < order.indexOf(oldest)) {
    return `vCenter ${vcenter} cannot manage ESXi ${host}: the oldest host that it takes is ESXi ${oldest}`;
  }
  return null;
}
