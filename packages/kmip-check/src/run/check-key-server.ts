import type { KeyId } from '@vcryptsim/ports';
import type { Check } from '../check.js';
import type { Finding, Outcome } from '../finding.js';
import { notTried } from '../finding.js';
import { assumedOf } from '../profiles.js';
import { type CheckOptions, type Node, type OperationLatency, ServerUnderCheck } from '../server-under-check.js';
import { Trouble } from '../trouble.js';
import { KMIP_CHECKS } from './registry.js';

/** What came of one check. */
export interface CheckResult extends Finding {
  readonly name: string;
  readonly about: string;
  readonly durationMs: number;
  /** Where its messages are kept, where that was asked for. */
  readonly evidence?: string;
}

/** What came of all checks. */
export interface CheckReport {
  /** `HOST:PORT`, or a name inside a world. */
  readonly server: string;
  /** Whom the checks play: `7.0.3 as observed`. */
  readonly profile: string;
  /** What is assumed of that vCenter, a sentence each. */
  readonly assumed: readonly string[];
  /** `failed` when any check failed. */
  readonly status: 'passed' | 'failed';
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly results: readonly CheckResult[];
  /** IDs of keys that the checks made and could not destroy. */
  readonly keysLeft: readonly string[];
  /** How long the server took, by operation. */
  readonly latencies: readonly OperationLatency[];
}

/**
 * Plays vCenter against a key server and says, check by check, what a vSphere administrator would meet. The keys that it
 * makes are destroyed at the end where the server allows it.
 *
 * @param onResult told of each result as it comes
 * @throws NetworkError REFUSED or UNREACHABLE when nobody is there: everything else that a server does is a result
 */
export async function checkKeyServer(
  options: CheckOptions,
  onResult: (result: CheckResult) => void = () => {},
): Promise<CheckReport> {
  const server = new ServerUnderCheck(options);
  const results: CheckResult[] = [];
  for (const check of chosen(options.only)) {
    const beganMs = options.clock.nowMs;
    const finding = await tryCheck(check, server, results);
    const durationMs = options.clock.nowMs - beganMs;
    const wire = server.takeKept();
    const kept =
      options.evidence !== null && wire.messages.length > 0 ? await options.evidence(check.name, wire) : null;
    const evidence = kept === null ? {} : { evidence: kept };
    const result = { name: check.name, about: check.about, ...finding, durationMs, ...evidence };
    results.push(result);
    onResult(result);
  }
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  return {
    server: 'name' in options.address ? options.address.name : `${options.address.host}:${options.address.port}`,
    profile: options.profile.conversation.label,
    assumed: assumedOf(options.profile),
    status: count('fail') > 0 ? 'failed' : 'passed',
    counts: {
      pass: count('pass'),
      tolerated: count('tolerated'),
      fail: count('fail'),
      'not tried': count('not tried'),
    },
    results,
    keysLeft: await destroyKeys(server),
    latencies: server.latencies,
  };
}

/** The checks of those names, with those that they need, in the usual order. */
function chosen(only: ReadonlySet<string> | null): readonly Check[] {
  if (only === null) return KMIP_CHECKS;
  const wanted = new Set<string>();
  // A check needs only earlier ones.
  for (const { name, needs } of KMIP_CHECKS.toReversed()) {
    if (only.has(name) || wanted.has(name)) for (const one of [name, ...needs]) wanted.add(one);
  }
  return KMIP_CHECKS.filter(({ name }) => wanted.has(name));
}

async function tryCheck(check: Check, server: ServerUnderCheck, earlier: readonly CheckResult[]): Promise<Finding> {
  const lacking = check.needs.find((name) => {
    const outcome = earlier.find((result) => result.name === name)?.outcome;
    return outcome !== 'pass' && outcome !== 'tolerated';
  });
  if (lacking !== undefined) return notTried(`It needs ${lacking}, which did not pass.`);
  try {
    return await check.run(server);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    return { outcome: 'fail', says: error.message, place: error.place, vcenter: check.consequence };
  }
}

/** Ends what the checks made. vCenter itself would leave it: it never deletes a key. */
async function destroyKeys(server: ServerUnderCheck): Promise<readonly string[]> {
  const left: string[] = [];
  const here = [...server.keys].map((id): { id: KeyId; node?: Node } => ({ id }));
  for (const { id: uniqueIdentifier, node } of [...here, ...server.keysElsewhere]) {
    const revocationReason = { code: 'CessationOfOperation' } as const;
    const as = { node };
    await succeeds(server.converse((session) => session.perform('Revoke', { uniqueIdentifier, revocationReason }), as));
    const gone = await succeeds(server.converse((session) => session.perform('Destroy', { uniqueIdentifier }), as));
    if (!gone) left.push(uniqueIdentifier);
  }
  return left;
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (error instanceof Trouble) return false;
    throw error;
  }
}
