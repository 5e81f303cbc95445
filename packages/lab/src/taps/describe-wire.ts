import type { EventEnvelope } from '@vcryptsim/ports';
import type { KmipExchange } from './wire-transcript.js';

/** Codes of a dial that never became a connection, so that no tap saw it. */
const NEVER_CONNECTED = ['REFUSED', 'UNREACHABLE', 'TLS_FAILED', 'UNKNOWN_ISSUER', 'EXPIRED'];

/** What was seen in some stretch of time: what vCenter asked over KMIP, and what every actor said. */
export interface ObservedWire {
  exchanges(): readonly KmipExchange[];
  events(): readonly EventEnvelope<unknown>[];
}

/**
 * What was on vCenter's wire during a step, one line for each connection: who asked whom for what, and the outcome.
 * `vcenter -> kms-1: Discover Versions, Get of 3f2a51c0 (Success)`
 */
export function describeWire(observed: ObservedWire): string[] {
  const connections = new Map<number, KmipExchange[]>();
  for (const exchange of observed.exchanges()) {
    const own = connections.get(exchange.connection) ?? [];
    connections.set(exchange.connection, [...own, exchange]);
  }
  const lines = [...connections.values()].map(describeConnection);
  return counted([...lines, ...failedDials(observed)]);
}

function describeConnection(exchanges: readonly KmipExchange[]): string {
  const [first] = exchanges;
  const operations = counted(exchanges.map(({ operation }) => spaced(operation)));
  const keys = [...new Set(exchanges.flatMap(({ keyId }) => keyId?.slice(0, 8) ?? []))];
  const about = keys.length === 0 ? '' : ` of ${keys.join(', ')}`;
  const worst = exchanges.find(({ result }) => result !== 'Success');
  const outcome = worst === undefined ? 'Success' : (worst.result ?? 'no answer');
  return `${first?.client} -> ${first?.server}: ${operations.join(', ')}${about} (${outcome})`;
}

/** `DiscoverVersions` as the KMIP specification writes it: `Discover Versions`. */
function spaced(operation: string): string {
  return operation.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
}

function failedDials(observed: ObservedWire): string[] {
  const unanswered = observed.exchanges().filter(({ result }) => result === null);
  return observed.events().flatMap(({ source, event }) => {
    if (typeof event !== 'object' || event === null || !('type' in event) || event.type !== 'KMS_STEP_FAILED')
      return [];
    const { server, code } = event as unknown as { readonly server: string; readonly code: string };
    if (NEVER_CONNECTED.includes(code)) return [`${source} -> ${server}: no connection (${code})`];
    const isTold = unanswered.some((exchange) => exchange.server === server);
    return code === 'TIMED_OUT' && !isTold ? [`${source} -> ${server}: no answer (${code})`] : [];
  });
}

/** Texts that follow each other and are equal, as one with their number. */
function counted(texts: readonly string[]): string[] {
  const runs: { text: string; count: number }[] = [];
  for (const text of texts) {
    const last = runs.at(-1);
    if (last?.text === text) last.count++;
    else runs.push({ text, count: 1 });
  }
  return runs.map(({ text, count }) => (count === 1 ? text : `${text} (${count} times)`));
}
