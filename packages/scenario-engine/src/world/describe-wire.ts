import type { Observation } from '../run/observation.js';
import type { KmipExchange } from './wire-transcript.js';

/** Codes of a dial that never became a connection, so that no tap saw it. */
const NEVER_CONNECTED = ['REFUSED', 'UNREACHABLE', 'TLS_FAILED', 'UNKNOWN_ISSUER', 'EXPIRED'];

/**
 * What was on vCenter's wire during a step, one line for each connection: who asked whom for what, and the outcome.
 * `vcenter -> kms-1: Discover Versions, Get 3f2a51c0 (Success)`
 */
export function describeWire(observed: Observation): string[] {
  const connections = new Map<number, KmipExchange[]>();
  for (const exchange of observed.exchanges()) {
    const own = connections.get(exchange.connection) ?? [];
    connections.set(exchange.connection, [...own, exchange]);
  }
  const lines = [...connections.values()].map(describeConnection);
  return joinEqual([...lines, ...failedDials(observed)]);
}

function describeConnection(exchanges: readonly KmipExchange[]): string {
  const [first] = exchanges;
  const operations = exchanges.map(({ operation, keyId }) =>
    keyId === null ? operation : `${operation} ${keyId.slice(0, 8)}`,
  );
  const worst = exchanges.find(({ result }) => result !== 'Success');
  const outcome = worst === undefined ? 'Success' : (worst.result ?? 'no answer');
  return `${first?.client} -> ${first?.server}: ${operations.join(', ')} (${outcome})`;
}

function failedDials(observed: Observation): string[] {
  return observed.events().flatMap(({ source, event }) => {
    if (typeof event !== 'object' || event === null || !('type' in event) || event.type !== 'KMS_STEP_FAILED')
      return [];
    const { server, code } = event as unknown as { readonly server: string; readonly code: string };
    return NEVER_CONNECTED.includes(code) ? [`${source} -> ${server}: no connection (${code})`] : [];
  });
}

/** Lines that follow each other and are equal, as one with their number. */
function joinEqual(lines: readonly string[]): string[] {
  const joined: { line: string; count: number }[] = [];
  for (const line of lines) {
    const last = joined.at(-1);
    if (last?.line === line) last.count++;
    else joined.push({ line, count: 1 });
  }
  return joined.map(({ line, count }) => (count === 1 ? line : `${line}, ${count} times`));
}
