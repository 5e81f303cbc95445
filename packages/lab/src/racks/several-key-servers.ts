import { assert } from '@vcryptsim/ports';
import type { KeyAtServer, KeyServers } from './key-servers.js';

/** The key servers of several providers as one: each name is of one provider. */
export class SeveralKeyServers implements KeyServers {
  readonly #providers: readonly KeyServers[];

  constructor(providers: readonly KeyServers[]) {
    this.#providers = providers;
  }

  async start(nodes: readonly string[]): Promise<void> {
    for (const each of this.#providers) await each.start(ownOf(each, nodes));
  }

  async stop(nodes: readonly string[]): Promise<void> {
    for (const each of this.#providers) await each.stop(ownOf(each, nodes));
  }

  running(): readonly string[] {
    return this.#providers.flatMap((each) => each.running());
  }

  names(): readonly string[] {
    return this.#providers.flatMap((each) => each.names());
  }

  look(node: string, keyIds: readonly string[]): Promise<readonly KeyAtServer[]> {
    const provider = this.#providers.find((each) => each.names().includes(node));
    assert(provider, `there is a key server ${node}`);
    return provider.look(node, keyIds);
  }

  async dispose(): Promise<void> {
    for (const each of this.#providers) await each.dispose();
  }
}

function ownOf(provider: KeyServers, nodes: readonly string[]): readonly string[] {
  return nodes.filter((node) => provider.names().includes(node));
}
