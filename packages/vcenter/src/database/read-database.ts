import { VCenterError } from '../errors.js';
import type {
  AlarmRecord,
  ClusterRecord,
  EntityRef,
  EventRecord,
  HostRecord,
  KeyProviderRecord,
  KeyServerRecord,
  TaskRecord,
  VcDatabaseContent,
  VmRecord,
} from './schema.js';
import { asArray, asNumber, asObject, asOneOf, asText, orNull, type Place, ShapeError } from './shapes.js';

/**
 * Reads a database file, member by member: what is not known is dropped, what does not fit is refused with its place.
 *
 * @param path named in the refusal
 * @param bytes the whole file
 * @throws VCenterError DATABASE_DAMAGED
 */
export function readDatabase(path: string, bytes: Uint8Array): VcDatabaseContent {
  try {
    return readContent({ value: parseJson(bytes), at: '' });
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new VCenterError(
      { code: 'DATABASE_DAMAGED', file: path, what: error.message },
      `${path} is not a vCenter database: ${error.message}. Restore it from a backup, or start with an empty folder and register hosts, VMs and key providers again under their old names.`,
    );
  }
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ShapeError('it is not JSON');
  }
}

function readContent(place: Place): VcDatabaseContent {
  const it = asObject(place);
  asOneOf(it('format'), ['vcryptsim-vcdb']);
  if (asNumber(it('formatVersion')) !== 1) throw new ShapeError('its formatVersion is not 1');
  const vms = asArray(it('vms'), readVm);
  const known = new Set<string>(vms.map(({ uuid }) => uuid));
  return {
    format: 'vcryptsim-vcdb',
    formatVersion: 1,
    name: asText(it('name')),
    clusters: asArray(it('clusters'), readCluster),
    hosts: asArray(it('hosts'), readHost),
    vms,
    keyProviders: asArray(it('keyProviders'), readProvider),
    alarms: asArray(it('alarms'), readAlarm).filter(({ entity }) => isThere(entity, known)),
    nextTaskNumber: asNumber(it('nextTaskNumber')),
    nextEventNumber: asNumber(it('nextEventNumber')),
    tasks: asArray(it('tasks'), readTask),
    events: asArray(it('events'), readEvent),
  };
}

/** An alarm of an earlier version names its VM only, by which it could never be cleared: it is raised again if it must. */
function isThere({ type, id }: EntityRef, vms: ReadonlySet<string>): boolean {
  return type !== 'VirtualMachine' || vms.has(id);
}

function readCluster(place: Place): ClusterRecord {
  const it = asObject(place);
  return { name: asText(it('name')), hostKeyId: orNull(it('hostKeyId'), readKeyId) };
}

function readHost(place: Place): HostRecord {
  const it = asObject(place);
  return {
    name: asText(it('name')),
    uuid: asText(it('uuid')),
    version: asOneOf(it('version'), ['6.0', '6.5', '6.7', '7.0', '7.0U2', '8.0', '8.0U3']),
    cluster: asText(it('cluster')),
    connectionState: asOneOf(it('connectionState'), ['connected', 'notResponding']),
    cryptoState: asOneOf(it('cryptoState'), ['incapable', 'prepared', 'safe', 'pendingIncapable']),
    incarnation: asNumber(it('incarnation')),
  };
}

function readVm(place: Place): VmRecord {
  const it = asObject(place);
  return {
    uuid: asText(it('uuid')),
    name: asText(it('name')),
    host: asText(it('host')),
    vmxPath: asText(it('vmxPath')),
    policy: orNull(it('policy'), asText<string>),
    powerState: asOneOf(it('powerState'), ['poweredOn', 'poweredOff']),
    connectionState: asOneOf(it('connectionState'), ['connected', 'invalid', 'inaccessible']),
    cryptoState: asOneOf(it('cryptoState'), ['unlocked', 'locked']),
    keyId: orNull(it('keyId'), readKeyId),
    diskKeyIds: asArray(it('diskKeyIds'), (disk) => orNull(disk, readKeyId)),
  };
}

function readProvider(place: Place): KeyProviderRecord {
  const it = asObject(place);
  return {
    providerId: asText(it('providerId')),
    useAsDefault: asOneOf(it('useAsDefault'), [true, false]),
    servers: asArray(it('servers'), readServer),
  };
}

function readServer(place: Place): KeyServerRecord {
  const it = asObject(place);
  const address = asObject(it('address'));
  return {
    name: asText(it('name')),
    address:
      address('name').value === undefined
        ? { host: asText(address('host')), port: asNumber(address('port')) }
        : { name: asText(address('name')) },
    // Databases of an earlier version have no such member.
    userName: it('userName').value === undefined ? null : orNull(it('userName'), asText<string>),
    trustedCertificateSha256: orNull(it('trustedCertificateSha256'), asText<string>),
  };
}

function readKeyId(place: Place): NonNullable<VmRecord['keyId']> {
  const it = asObject(place);
  return { keyId: asText(it('keyId')), providerId: asText(it('providerId')) };
}

function readEntity(place: Place): EntityRef {
  const it = asObject(place);
  return {
    type: asOneOf(it('type'), ['Folder', 'ClusterComputeResource', 'HostSystem', 'VirtualMachine', 'KeyProvider']),
    // Databases of an earlier version have no such member.
    id: it('id').value === undefined ? asText(it('name')) : asText(it('id')),
    name: asText(it('name')),
  };
}

function readAlarm(place: Place): AlarmRecord {
  const it = asObject(place);
  return {
    name: asText(it('name')),
    entity: readEntity(it('entity')),
    status: asOneOf(it('status'), ['yellow', 'red']),
    message: asText(it('message')),
    raisedMs: asNumber(it('raisedMs')),
  };
}

function readTask(place: Place): TaskRecord {
  const it = asObject(place);
  return {
    id: asText(it('id')),
    name: asText(it('name')),
    entity: readEntity(it('entity')),
    state: asOneOf(it('state'), ['running', 'success', 'error']),
    startedMs: asNumber(it('startedMs')),
    endedMs: orNull(it('endedMs'), asNumber),
    result: orNull(it('result'), asText<string>),
    error: orNull(it('error'), (failed) => {
      const error = asObject(failed);
      const fault = error('fault');
      asObject(fault);
      return {
        code: asText(error('code')),
        fault: fault.value as Readonly<Record<string, unknown>>,
        message: asText(error('message')),
      };
    }),
  };
}

function readEvent(place: Place): EventRecord {
  const it = asObject(place);
  return {
    id: asNumber(it('id')),
    type: asText(it('type')),
    entity: readEntity(it('entity')),
    createdMs: asNumber(it('createdMs')),
    message: asText(it('message')),
  };
}
