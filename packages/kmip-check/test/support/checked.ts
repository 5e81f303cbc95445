import { generateKeyPairSync } from 'node:crypto';
import { CHECK_PROFILES, type CheckOptions, type CheckReport, checkKeyServer } from '@vcryptsim/kmip-check';
import { selfSign } from '@vcryptsim/pki';
import type { KeyPair, TlsIdentity } from '@vcryptsim/ports';
import { MemoryNetwork, SeededEntropy, VirtualClock } from '@vcryptsim/simkit';
import type { Flaw } from './flaws.js';
import { ForeignKeyServer } from './foreign-key-server.js';
import { OtherNode } from './other-node.js';
import { ToldTls } from './told-tls.js';

export const START_MS = Date.UTC(2026, 0, 5, 8);
const DAY_MS = 24 * 3600 * 1000;
const YEAR_MS = 365 * DAY_MS;
export const entropy = new SeededEntropy(1);
const pair = (): KeyPair => generateKeyPairSync('rsa', { modulusLength: 2048 });
export const [serverPair, clientPair, strangerPair, renewedPair] = [pair(), pair(), pair(), pair()];

/** An identity that signs itself, valid for a year around the start. */
export function identityOf(
  clock: VirtualClock,
  subject: string,
  keyPair: KeyPair,
  more: Partial<Parameters<typeof selfSign>[0]> = {},
): Promise<TlsIdentity> {
  const validity = { notBeforeMs: START_MS - YEAR_MS, notAfterMs: START_MS + YEAR_MS };
  return selfSign({ subject, keyPair, entropy, clock, ...validity, ...more });
}

/** Its certificate. */
export const der = ({ chain }: TlsIdentity): Uint8Array => chain[0] ?? new Uint8Array(0);

/** What came of it, and the server that was checked. */
export interface Checked {
  readonly report: CheckReport;
  readonly server: ForeignKeyServer;
}

/** What is in the certificates. */
export interface Certificates {
  readonly serverName?: string;
  readonly serverUsage?: 'server' | 'client';
  readonly serverEndsMs?: number;
  readonly clientUsage?: 'client';
  readonly clientEndsMs?: number;
}

/** Modes of the mutant server that are in its certificates. */
export const CERTIFICATES_OF: ReadonlyMap<Flaw, Certificates> = new Map([
  ['server certificate ends in 10 days', { serverEndsMs: START_MS + 10 * DAY_MS }],
  ['client certificate ends in 10 days', { clientEndsMs: START_MS + 10 * DAY_MS }],
  ['server certificate ends in 40 days', { serverEndsMs: START_MS + 40 * DAY_MS }],
]);

/** Checks a server with these flaws. Options may be changed, and what stands in the certificates. */
export async function checked(
  flaws: readonly Flaw[],
  change: (o: CheckOptions, server: ForeignKeyServer) => Partial<CheckOptions> = () => ({}),
  { serverName = 'kms', serverUsage = 'server', serverEndsMs, clientUsage, clientEndsMs }: Certificates = {},
): Promise<Checked> {
  const clock = new VirtualClock({ startMs: START_MS });
  return clock.run(async () => {
    const network = new ToldTls(new MemoryNetwork(clock), flaws);
    const shown = await identityOf(clock, 'CN=foreign kms', serverPair, {
      alternativeNames: [serverName],
      usage: serverUsage,
      ...(serverEndsMs !== undefined && { notAfterMs: serverEndsMs }),
    });
    const usage = clientUsage === undefined ? {} : { usage: clientUsage };
    const identity = await identityOf(clock, 'CN=vc', clientPair, {
      ...usage,
      ...(clientEndsMs !== undefined && { notAfterMs: clientEndsMs }),
    });
    const server = new ForeignKeyServer(network, clock, shown, der(identity), flaws);
    const renewed = await identityOf(clock, 'CN=vc', renewedPair, usage);
    server.renewed = der(renewed);
    await server.start();
    const another = flaws.includes('other node with another certificate');
    const second = new OtherNode(server, another ? await identityOf(clock, 'CN=other', strangerPair) : shown);
    if (!flaws.includes('other node down')) await second.start();
    const options: CheckOptions = {
      ...{ address: { name: 'kms' }, identity, trusted: [der(shown)], credential: null },
      ...{ profile: CHECK_PROFILES['vcenter-7.0.3'], network, clock, timeoutMs: 30_000 },
      ...{ hosts: 16, polls: 3, pollIntervalMs: 1_000, restartLimitMs: 60_000 },
      ...{ only: null, evidence: null, stranger: await identityOf(clock, 'CN=vc', strangerPair) },
      ...{ renewed, nodes: [{ name: 'kms-2' }] },
      restart: () => server.restart(),
    };
    const report = await checkKeyServer({ ...options, ...change(options, server) });
    await server.stop();
    await second.stop();
    return { report, server };
  });
}
