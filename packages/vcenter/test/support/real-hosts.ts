import { nativeEngine } from '@vcryptsim/crypto-core';
import { EsxiHost } from '@vcryptsim/hypervisor';
import type { EsxiVersion } from '@vcryptsim/hypervisor/api';
import { type HostName, makeFolders, NetworkError } from '@vcryptsim/ports';
import { SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import type { HostLinks, VCenter, VCenterOptions } from '@vcryptsim/vcenter';
import { FailingFiles } from '../../../hypervisor/test/support/failing-files.js';
import { as } from './as-user.js';
import { CountingHosts } from './counting-hosts.js';
import { uuidOfHost } from './host-uuid.js';
import { CLUSTER, ESX_1, Lab } from './lab.js';

/** What every host mounts; the first takes new VMs that name none. */
const DATASTORES = ['ds1', 'ds2'].map((name) => ({ name, folder: `/datastores/${name}` }));

/** Real hosts in place of the lab's fake ones, with every secret that they draw on record. */
export class RealHosts implements HostLinks {
  readonly recorder = new SecretRecorder(new SeededEntropy(99));
  readonly #entropy = new SeededEntropy(5, { recorder: this.recorder });
  readonly #up = new Map<HostName, EsxiHost>();
  readonly #boots = new Map<HostName, number>();

  constructor(
    readonly lab: Lab,
    readonly version: EsxiVersion,
  ) {}

  async connect(name: HostName): Promise<EsxiHost> {
    const host = this.#up.get(name);
    if (!host) throw new NetworkError('REFUSED', `${name} is down`);
    return host;
  }

  async boot(name: HostName): Promise<EsxiHost> {
    await this.#up.get(name)?.shutDown();
    const incarnation = (this.#boots.get(name) ?? 0) + 1;
    this.#boots.set(name, incarnation);
    const host = await EsxiHost.boot({
      ...{ name, uuid: uuidOfHost(name), version: this.version, incarnation },
      ...{ files: this.lab.files, clock: this.lab.clock, entropy: this.#entropy.fork(name, incarnation) },
      ...{ folder: `/hosts/${name}`, datastores: DATASTORES },
      ...{ events: { emit: () => {} }, engine: nativeEngine() },
    });
    this.#up.set(name, host);
    return host;
  }
}

/** What a vCenter does, counted: what it asks hosts, and what it does with its files. */
export interface Counts {
  readonly asked: CountingHosts;
  readonly files: FailingFiles;
}

/** A world as {@link Lab.run} makes it, with real hosts: one, unless more are named. */
export function withRealHost(
  test: (lab: Lab, vcenter: VCenter, hosts: RealHosts, counts: Counts) => Promise<void>,
  names: readonly HostName[] = [ESX_1],
  more: Partial<VCenterOptions> = {},
  esxi: EsxiVersion = '7.0U2',
): Promise<void> {
  return Lab.run([], async (lab, other) => {
    await other.stop();
    for (const { folder } of DATASTORES) await makeFolders(lab.files, folder);
    const hosts = new RealHosts(lab, esxi);
    const counts = { asked: new CountingHosts(hosts), files: new FailingFiles(lab.files) };
    for (const name of names) await hosts.boot(name);
    const vcenter = await lab.bootVCenter({ hosts: counts.asked, files: counts.files, ...more });
    for (const name of names) await as(vcenter).addHost({ name, cluster: CLUSTER });
    await test(lab, vcenter, hosts, counts);
    await vcenter.stop();
  });
}
