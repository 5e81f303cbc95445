import type { HostApi, VmInfo } from '@vcryptsim/hypervisor/api';
import type { HostName } from '@vcryptsim/ports';
import type { HostLinks } from '@vcryptsim/vcenter';

/** The way to hosts, with what goes over it counted. */
export class CountingHosts implements HostLinks {
  calls = 0;
  /** VMs that hosts described. */
  vmInfos = 0;
  /** Keys that hosts spoke of. */
  keys = 0;
  readonly #links: HostLinks;

  constructor(links: HostLinks) {
    this.#links = links;
  }

  /** Counts from here. */
  reset(): void {
    Object.assign(this, { calls: 0, vmInfos: 0, keys: 0 });
  }

  get counts() {
    return { calls: this.calls, vmInfos: this.vmInfos, keys: this.keys };
  }

  async connect(name: HostName): Promise<HostApi> {
    const host = await this.#links.connect(name);
    return new Proxy(host, {
      get: (_, member) => {
        const value: unknown = Reflect.get(host, member, host);
        if (typeof value !== 'function') return value;
        return async (...args: readonly unknown[]) => {
          const answer: unknown = await value.apply(host, args);
          this.#count(String(member), answer);
          return answer;
        };
      },
    });
  }

  #count(call: string, answer: unknown): void {
    this.calls += 1;
    if (['createVm', 'registerVm', 'vm'].includes(call)) this.vmInfos += 1;
    if (call === 'vms') this.vmInfos += (answer as readonly VmInfo[]).length;
    if (call === 'vmChanges') this.vmInfos += (answer as { readonly changed: readonly VmInfo[] }).changed.length;
    if (call.endsWith('Keys') || call === 'getCryptoKeyStatus') this.keys += (answer as readonly unknown[]).length;
  }
}
