import type { LabNames } from '@vcryptsim/lab';

/** A kind of thing that has names. */
export type NameKind = Exclude<keyof LabNames, 'labVms' | 'labHosts'>;

/** A thing that steps speak of by name. */
export interface Named {
  readonly kind: NameKind;
  readonly name: string;
  /** Where it is made, where names are told apart by that. */
  readonly place?: string;
}

/** What each kind is called. */
export const KIND_WORDS: Readonly<Record<NameKind, string>> = {
  vms: 'VM',
  hosts: 'host',
  nodes: 'key server',
  vcenters: 'vCenter',
  clusters: 'cluster',
  datacenters: 'datacenter',
  folders: 'folder',
  datastores: 'datastore',
  providers: 'key provider',
  users: 'user',
  roles: 'role',
  policies: 'storage policy',
};

/** A VM by name. */
export function vmNamed(name: string): Named {
  return { kind: 'vms', name };
}
