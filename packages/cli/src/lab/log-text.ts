import type { TimelineEntry } from '@vcryptsim/lab';

const SOURCE_COLUMNS = 12;

/** One thing that happened, on one line: time, who, what, and its fields. */
export function logLine(entry: TimelineEntry): string {
  const time = new Date(entry.atMs).toISOString().replace('T', ' ').replace('Z', '');
  if (entry.kind === 'kmip') {
    const { client, server, operation, keyId, result } = entry.exchange;
    const about = keyId === null ? '' : ` of ${keyId}`;
    return `${time}  ${client} -> ${server}  ${operation}${about}: ${result ?? 'no answer'}`;
  }
  const { type, ...fields } = entry.event as { readonly type: string };
  const said = Object.entries(fields).map(([name, value]) => `${name}=${plain(value)}`);
  return `${time}  ${entry.source.padEnd(SOURCE_COLUMNS)} ${[type, ...said].join(' ')}`;
}

/** A field's value: texts as they are, a key as `keyId/providerId`, all else as JSON. */
function plain(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'keyId' in value && 'providerId' in value) {
    return `${value.keyId}/${value.providerId}`;
  }
  return typeof value === 'string' ? value : JSON.stringify(value);
}
