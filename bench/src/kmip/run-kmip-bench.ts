import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine } from '../xts/machine.js';
import { fsyncRate } from './fsync-rate.js';
import { measureLoad, type Sample, type Workload } from './load.js';
import { type MeasuredServer, startOwnServer } from './measured-server.js';
import { pykmipVersion, startPykmipServer } from './pykmip-server.js';
import {
  type KmipConfiguration,
  type KmipReport,
  kmipBars,
  type MeasuredSubject,
  type StorePlace,
  summarizeKmip,
} from './report.js';

/** Linux's memory-backed folder; elsewhere the system's temporary folder, and the report says so. */
const MEMORY_FOLDER = '/dev/shm';
const CONNECTIONS_PER_CLIENT = 4;

/** What to measure, and how. */
export interface KmipBenchOptions {
  /** How `vcryptsim` is called: executable, then its first arguments. Its `kms serve` is what is measured. */
  readonly command: readonly string[];
  /** Length of one measurement; 2 unless told. */
  readonly seconds?: number;
  /** Client processes, four connections each; 2 unless told. */
  readonly clients?: number;
  /** Measurements of each configuration; 5 unless told. */
  readonly rounds?: number;
  /** Folder on a disk; the system's temporary folder unless told. */
  readonly diskFolder?: string;
  /** All three unless told. */
  readonly workloads?: readonly Workload[];
  /** Leaves PyKMIP out where it is installed. */
  readonly withoutPykmip?: boolean;
  readonly onProgress?: (done: number, total: number, configuration: KmipConfiguration) => void;
}

/**
 * Measures our key server beside PyKMIP's: every server in a process of its own, the clients in others; the same client
 * program, keys, suites where both speak them, and stores side by side in memory and on disk. Rounds alternate, so that
 * what disturbs the machine disturbs all alike.
 *
 * @throws Error when a server does not start or answers wrongly
 */
export async function runKmipBench(o: KmipBenchOptions): Promise<KmipReport> {
  const { seconds = 2, clients = 2, rounds = 5, workloads = ['get', 'create', 'power-on'] } = o;
  const pykmip = o.withoutPykmip === true ? null : pykmipVersion();
  const memoryBacked = existsSync(MEMORY_FOLDER);
  const folders: Readonly<Record<StorePlace, string>> = {
    memory: mkdtempSync(join(memoryBacked ? MEMORY_FOLDER : tmpdir(), 'vcryptsim-bench-')),
    disk: mkdtempSync(join(o.diskFolder ?? tmpdir(), 'vcryptsim-bench-')),
  };
  const servers = new Map<string, MeasuredServer>();
  try {
    const fsyncsPerSecond = { memory: fsyncRate(folders.memory), disk: fsyncRate(folders.disk) };
    for (const place of ['memory', 'disk'] as const) {
      servers.set(`vcryptsim ${place}`, await startOwnServer(o.command, folders[place]));
      if (place === 'memory' && workloads.includes('power-on')) {
        servers.set(`vcryptsim-ec ${place}`, await startOwnServer(o.command, join(folders[place], 'ec'), ['--ec']));
      }
      if (pykmip !== null) servers.set(`pykmip ${place}`, await startPeer(folders[place]));
    }
    const samples = new Map<KmipConfiguration, Sample[]>(
      configurations(workloads, pykmip !== null).map((one) => [one, []]),
    );
    let done = 0;
    for (let round = 0; round < rounds; round++) {
      for (const [configuration, found] of samples) {
        o.onProgress?.(done++, samples.size * rounds, configuration);
        found.push(await measure(configuration, servers, { seconds, clients }));
      }
    }
    const rows = summarizeKmip([...samples].map(([configuration, found]) => ({ ...configuration, samples: found })));
    return {
      machine: describeMachine(),
      pykmip,
      ...{ rounds, seconds, clients, connectionsPerClient: CONNECTIONS_PER_CLIENT },
      ...{ memoryBacked, fsyncsPerSecond, rows, bars: kmipBars(rows) },
    };
  } finally {
    for (const server of servers.values()) await server.stop();
    for (const folder of Object.values(folders)) rmSync(folder, { recursive: true, force: true });
  }
}

/** PyKMIP with the certificates of our server in the same place. */
function startPeer(folder: string): Promise<MeasuredServer> {
  const own = join(folder, 'pykmip');
  mkdirSync(own);
  return startPykmipServer(own, join(folder, 'kms', 'pki'), join(folder, 'client'));
}

function configurations(workloads: readonly Workload[], withPykmip: boolean): KmipConfiguration[] {
  return workloads.flatMap((workload) =>
    (['memory', 'disk'] as const).flatMap((place) => {
      const subjects: MeasuredSubject[] = ['vcryptsim'];
      // Certificate and suite matter where there are handshakes, and the disk adds nothing to that.
      if (workload === 'power-on' && place === 'memory') subjects.push('vcryptsim-ec', 'vcryptsim-tls12');
      if (withPykmip) subjects.push('pykmip');
      return subjects.map((subject) => ({ subject, place, workload }));
    }),
  );
}

function measure(
  { subject, place, workload }: KmipConfiguration,
  servers: ReadonlyMap<string, MeasuredServer>,
  o: { readonly seconds: number; readonly clients: number },
): Promise<Sample> {
  const server = servers.get(`${subject === 'vcryptsim-tls12' ? 'vcryptsim' : subject} ${place}`);
  if (server === undefined) throw new Error(`no server of ${subject} on ${place} was started`);
  const { access, keyId, keySha256 } = server;
  const load = {
    access: { ...access, ...(subject === 'vcryptsim-tls12' && { onlyTls12: true }) },
    ...{ workload, connections: CONNECTIONS_PER_CLIENT, keyId, keySha256, measureMs: o.seconds * 1000 },
  };
  return measureLoad(load, o.clients);
}
