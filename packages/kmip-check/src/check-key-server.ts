import type { Check, Finding, Outcome } from './check.js';
import { notTried } from './check.js';
import { KMIP_CHECKS } from './registry.js';
import { type CheckOptions, ServerUnderCheck } from './server-under-check.js';
import { Trouble } from './trouble.js';

/** What came of one check. */
export interface CheckResult extends Finding {
  readonly name: string;
  readonly about: string;
  readonly durationMs: number;
}

/** What came of all checks. */
export interface CheckReport {
  /** `HOST:PORT`, or a name inside a world. */
  readonly server: string;
  /** Whom the checks play: `7.0.3 as observed`. */
  readonly profile: string;
  /** `failed` when any check failed. */
  readonly status: 'passed' | 'failed';
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly results: readonly CheckResult[];
  /** IDs of keys that the checks made and could not destroy. */
  readonly keysLeft: readonly string[];
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
  for (const check of KMIP_CHECKS) {
    const beganMs = options.clock.nowMs;
    const finding = await tryCheck(check, server, results);
    const result = { name: check.name, about: check.about, ...finding, durationMs: options.clock.nowMs - beganMs };
    results.push(result);
    onResult(result);
  }
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  return {
    server: 'name' in options.address ? options.address.name : `${options.address.host}:${options.address.port}`,
    profile: options.profile.label,
    status: count('fail') > 0 ? 'failed' : 'passed',
    counts: {
      pass: count('pass'),
      tolerated: count('tolerated'),
      fail: count('fail'),
      'not tried': count('not tried'),
    },
    results,
    keysLeft: await destroyKeys(server),
  };
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
  for (const uniqueIdentifier of server.keys) {
    const revocationReason = { code: 'CessationOfOperation' } as const;
    await succeeds(server.converse((session) => session.perform('Revoke', { uniqueIdentifier, revocationReason })));
    const gone = await succeeds(server.converse((session) => session.perform('Destroy', { uniqueIdentifier })));
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
