import type { KeyPlace, LabStatus } from '@vcryptsim/lab';
import { labelled, tables } from '@vcryptsim/scenario-engine/layout';

const INDENT = '  ';

/** A lab's status as lines of at most `width` columns. */
export function statusLines(status: LabStatus, width: number): string[] {
  const { name, time, clock, vcenter, keyServers, hosts, vms, alarms } = status;
  const resting = clock === 'virtual' ? 'rests between orders' : 'is the real one';
  return [
    `${name}: ${time}; its clock ${resting}`,
    ...block(
      [
        ['key server', 'state', 'way from vCenter'],
        ...keyServers.map((one) => [one.name, one.state, one.fault ?? 'open']),
      ],
      width,
    ),
    ...block(
      [
        ['host', 'ESXi', 'state', 'crypto mode', 'boot', 'VMs'],
        ...hosts.map((one) => [
          ...[one.name, one.version, one.state, one.cryptoState ?? '-'],
          ...[one.boot === null ? '-' : String(one.boot), String(one.vms)],
        ]),
      ],
      width,
    ),
    ...(vms.length === 0 ? ['', `${INDENT}No VM was made yet. Make one: vm.create NAME`] : []),
    ...(vms.length === 0
      ? []
      : block([['VM', 'vCenter', 'host', 'power', 'crypto', 'encrypted'], ...vms.map(vmRow)], width)),
    '',
    ...(alarms.length === 0
      ? [`${INDENT}vCenter ${vcenter} shows no alarm.`]
      : [`${INDENT}Alarms in vCenter ${vcenter}:`]),
    ...alarms.flatMap((one) => labelled(`${INDENT}! `, `${one.status}, ${one.object}: ${one.message}`, width)),
    ...(status.keys.length === 0 ? [] : block(keyRows(status), width)),
  ];
}

function vmRow(vm: LabStatus['vms'][number]): string[] {
  const crypto = vm.connectionState === 'connected' ? vm.cryptoState : `${vm.cryptoState}, ${vm.connectionState}`;
  return [vm.name, vm.id ?? '-', vm.host, vm.powerState, crypto, vm.encrypted ? 'yes' : 'no'];
}

function keyRows({ keyColumns, keys }: LabStatus): string[][] {
  const head = [
    'where each key is',
    ...keyColumns.servers,
    'vCenter',
    ...keyColumns.hosts.map((host) => `${host} RAM`),
    'disk',
  ];
  return [head, ...keys.map((one: KeyPlace) => [one.key, ...one.servers, one.vcenter, ...one.hosts, one.disk])];
}

/** A table after an empty line, cut into several where it is too wide. */
function block(rows: readonly (readonly string[])[], width: number): string[] {
  return tables(rows, INDENT, width).flatMap((lines) => ['', ...lines]);
}
