import {
  assert,
  type EventSink,
  type KeyServerName,
  makeFolders,
  type Network,
  type ProviderId,
  type WorldClock,
} from '@vcryptsim/ports';
import { FaultyNetwork } from '@vcryptsim/simkit';
import type { VCenter, VCenterEvent } from '@vcryptsim/vcenter';
import type { KmipExchange } from '../taps/wire-transcript.js';
import type { ExternalKms } from '../topology/external-kms.js';
import type { Lab } from '../topology/topology.js';
import { KeyServerRack, type KeyServerRackOptions } from './key-server-rack.js';
import { makeDefault, trustExternalKms, trustOwnKeyServers } from './key-server-trust.js';
import type { KeyServerFaults, KeyServers } from './key-servers.js';
import { OutsideKeyServers } from './outside-key-servers.js';
import { SeveralKeyServers } from './several-key-servers.js';

/** The key servers of a world, and how vCenter comes to them. */
export interface WorldKeyServers {
  readonly isOutside: boolean;
  readonly servers: KeyServers;
  readonly faults: KeyServerFaults;
  /** The network that vCenter is given, where the lab's names of key servers are known. */
  readonly network: Network;
  /** Wraps the sink of vCenter's events, where something is to be learned from them. */
  hearEvents(sink: EventSink<VCenterEvent>): EventSink<VCenterEvent>;
  /** Shown each answer on vCenter's wire. */
  hearAnswer(exchange: KmipExchange): void;
  /** Has a vCenter and the key servers trust each other. @param name under which the key servers know it */
  setUpTrust(vcenter: VCenter, name: string): Promise<void>;
}

/** Which key servers are wanted. */
export interface KeyServersWanted {
  readonly lab: Lab;
  readonly externalKms?: ExternalKms | null;
}

/** Starts key servers of our own, or opens the way to somebody else's. @throws NetworkError */
export function openKeyServers(
  { lab, externalKms }: KeyServersWanted,
  ports: Omit<KeyServerRackOptions, 'nodes' | 'replicationMs' | 'clock' | 'faultOf'> & { readonly clock: WorldClock },
): Promise<WorldKeyServers> {
  const plans = [lab.kms, ...(lab.moreProviders ?? [])].map(({ provider, nodes, replication }) => ({
    providerId: provider as ProviderId,
    nodes: nodes as KeyServerName[],
    replicationMs: replication?.every ?? null,
  }));
  const [first] = plans;
  assert(first, 'a lab has a key provider');
  return externalKms ? outsideKeyServers(first, externalKms, ports) : ownKeyServers(plans, ports);
}

interface Plan {
  readonly providerId: ProviderId;
  readonly nodes: readonly KeyServerName[];
  readonly replicationMs: number | null;
}

type Ports = Parameters<typeof openKeyServers>[1];

async function ownKeyServers(plans: readonly Plan[], ports: Ports): Promise<WorldKeyServers> {
  const faults = new FaultyNetwork(ports.network, ports.clock);
  const faultOf = (node: string) => faults.faultOf(node);
  const racks: KeyServerRack[] = [];
  for (const plan of plans) {
    // One provider has the folder to itself; of several each has one in it.
    const folder = plans.length === 1 ? ports.folder : `${ports.folder}/${plan.providerId}`;
    if (plans.length > 1) await makeFolders(ports.files, folder);
    racks.push(await KeyServerRack.open({ ...ports, ...plan, folder, faultOf }));
  }
  const [only] = racks;
  const servers = racks.length === 1 && only ? only : new SeveralKeyServers(racks);
  return {
    isOutside: false,
    servers,
    faults,
    network: faults,
    hearEvents: (sink) => sink,
    hearAnswer: () => {},
    setUpTrust: async (vcenter, name) => {
      for (const [index, plan] of plans.entries()) {
        const rack = racks[index];
        if (rack) await trustOwnKeyServers(vcenter, name, rack, plan);
      }
      const [first] = plans;
      if (first) await makeDefault(vcenter, first);
    },
  };
}

async function outsideKeyServers(plan: Plan, external: ExternalKms, ports: Ports): Promise<WorldKeyServers> {
  const servers = await OutsideKeyServers.open(ports.clock, plan.nodes, external.address);
  return {
    isOutside: true,
    servers,
    faults: servers,
    network: servers.reachedBy(ports.network),
    hearEvents: (sink) => ({
      emit: (event) => {
        servers.hear(event);
        sink.emit(event);
      },
    }),
    hearAnswer: (exchange) => servers.hearAnswer(exchange),
    setUpTrust: async (vcenter) => {
      try {
        await trustExternalKms(vcenter, external, plan, ports);
      } catch (error) {
        await servers.dispose(); // a world that does not come about leaves no port open
        throw error;
      }
    },
  };
}
