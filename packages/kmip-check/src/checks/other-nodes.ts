import { createHash } from 'node:crypto';
import { firstValue } from '@vcryptsim/kmip-lite';
import { type KeyId, type NetworkAddress, NetworkError } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import { type Finding, notTried, pass, tolerated } from '../finding.js';
import { look, trustedLeaf } from '../look.js';
import type { Node, ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';

const RETRY_MS = 200;

/** vCenter does not copy keys: the nodes of a provider must share them. */
export const otherNodes: Check = {
  name: 'other-nodes',
  about: 'A key made here can be read on each --node, and a key made there can be read here.',
  needs: ['activate-key'],
  consequence:
    'asks the next node while this one is down; without the key there the VMs of a rebooted host stay locked.',
  async run(server) {
    const { nodes } = server.options;
    if (nodes.length === 0) return notTried('Not asked for: name the other nodes with --node HOST:PORT.');
    const findings: Finding[] = [];
    for (const address of nodes) findings.push(await tryNode(server, address));
    const says = findings.map((finding) => finding.says).join(' ');
    const differing = findings.find(({ outcome }) => outcome !== 'pass');
    return differing === undefined ? pass(says) : { ...differing, says };
  },
};

async function tryNode(server: ServerUnderCheck, address: NetworkAddress): Promise<Finding> {
  const name = 'name' in address ? address.name : `${address.host}:${address.port}`;
  try {
    const { chain } = await look(server.options, address);
    const node = { address, trusted: await trustedLeaf(server.options, chain) };
    const id = await server.makeKey();
    const delayMs = await delayOf(server, { id, from: undefined, to: node });
    const back = await keyMadeAt(server, node);
    const there = `${name}: ${spelledDelay(delayMs)}`;
    const place = { message: 'Get', field: 'Result Reason' };
    if (back instanceof Trouble) {
      const vcenter = 'can make no key, and so encrypt no new VM, while only that node is up.';
      return tolerated(`${there}; it makes no key: ${back.message}`, back.place, vcenter);
    }
    const says = `${there}; a key made there ${spelledDelay(back)}.`;
    if (delayMs === 0 && back === 0) return pass(says);
    return tolerated(says, place, 'says that the key is missing if it asks a node before that.');
  } catch (error) {
    if (error instanceof Trouble) throw new Trouble(error.place, `${name}: ${error.message}`, error.code);
    if (!(error instanceof NetworkError)) throw error;
    throw new Trouble({ message: 'TLS handshake', field: 'connection' }, `${name}: ${error.message}.`, error.code);
  }
}

/** How long a key made at the node took to be readable here, or why the node makes none. @throws Trouble */
async function keyMadeAt(server: ServerUnderCheck, node: Node): Promise<number | Trouble> {
  let id: KeyId;
  try {
    id = await server.makeKey(node);
  } catch (error) {
    if (error instanceof Trouble && error.place.field === 'Result Reason') return error;
    throw error;
  }
  return delayOf(server, { id, from: node, to: undefined });
}

/** Until one node has the key of another, with a State: 0 at the first try, else milliseconds. @throws Trouble */
async function delayOf(
  server: ServerUnderCheck,
  { id, from, to }: { readonly id: KeyId; readonly from: Node | undefined; readonly to: Node | undefined },
): Promise<number> {
  const { clock, timeoutMs } = server.options;
  const beganMs = clock.nowMs;
  const made = await digestOf(server, id, from);
  for (let tries = 0; ; tries++) {
    try {
      if ((await digestOf(server, id, to)) === made) return tries === 0 ? 0 : clock.nowMs - beganMs;
    } catch (error) {
      const isAnswer = error instanceof Trouble && error.place.field === 'Result Reason';
      if (!isAnswer || clock.nowMs - beganMs > timeoutMs) throw error;
      await clock.after(RETRY_MS);
      continue;
    }
    const says = 'Another key is there under the same Unique Identifier.';
    throw new Trouble({ message: 'Get', field: 'Key Material' }, says, 'UNUSABLE');
  }
}

/** A digest of the key's bytes, which are not kept. @throws Trouble */
async function digestOf(server: ServerUnderCheck, id: KeyId, node: Node | undefined): Promise<string> {
  const digest = (view: Uint8Array) => createHash('sha256').update(view).digest('hex');
  return server.converse(
    async (session) => {
      const { taken } = await session.get(id, { take: digest });
      const state = firstValue('State', await session.getAttributes(id, ['State']));
      if (state !== undefined) return taken;
      const place = { message: 'Get Attributes', field: 'State' };
      throw new Trouble(place, 'The answer holds no State.', 'UNUSABLE');
    },
    { node },
  );
}

function spelledDelay(delayMs: number): string {
  return delayMs === 0 ? 'readable at once' : `readable after ${(delayMs / 1_000).toFixed(1)} s`;
}
