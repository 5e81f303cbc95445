import { visibleLine } from '@vcryptsim/ports';
import { labelled, wrap } from '@vcryptsim/scenario-engine/layout';

/** A thing that a file says or holds. */
export interface ReportEntry {
  readonly name: string;
  readonly value: string;
}

/** A key that a file holds sealed, with what opens it. */
export interface SealedKey {
  /** Where it stands: `encryption.bundle`, `encryption.keySafe` or `encryptionKeys`. */
  readonly place: string;
  /** The key of a key provider that opens it. */
  readonly keyId?: string;
  readonly providerId?: string;
  /** What opens it when that is no key of a provider: a password, a raw key ... */
  readonly opensWith?: string;
  /** The MAC over what is sealed; HMAC-SHA-256 when left out. */
  readonly macName?: string;
  /** IV, ciphertext and MAC together. */
  readonly lockedBytes: number;
}

/** What one file shows to whoever has it, and what it keeps. */
export interface FileReport {
  readonly file: string;
  readonly format: string;
  /** Null where the file does not tell. */
  readonly encrypted: boolean | null;
  /** How it is encrypted, where yes, no and "it does not tell" are too short. */
  readonly state?: string;
  /** Readable by anybody. */
  readonly clear: readonly ReportEntry[];
  /** Present, and unreadable without a key. */
  readonly sealed: readonly ReportEntry[];
  readonly keys: readonly SealedKey[];
  /** Sentences about the file as a whole. */
  readonly notes?: readonly string[];
}

const IV_BYTES = 16;
const MAC_BYTES: ReadonlyMap<string, number> = new Map([
  ['HMAC-SHA-1', 20],
  ['HMAC-SHA-1-128', 16],
  ['HMAC-SHA-256', 32],
]);

/** A report as aligned text for a terminal of `width` columns; long values without a space are cut. */
export function renderReport(report: FileReport, columns = 80): string {
  const entries = [...report.clear, ...report.sealed].map(({ name }) => visibleLine(name));
  const width = Math.min(48, Math.max(14, ...entries.map((name) => name.length)));
  const row = (name: string, value: string) => {
    const label = `  ${visibleLine(name).padEnd(width)}  `;
    return labelled(label, visibleLine(cut(value, columns - label.length)), columns).join('\n');
  };
  const lines = wrap(`${visibleLine(report.file)}: ${report.format}, ${stateOf(report)}`, '', columns);
  if (report.clear.length > 0) {
    lines.push(
      '',
      'In clear, for anyone who has the file:',
      ...report.clear.map(({ name, value }) => row(name, value)),
    );
  }
  if (report.sealed.length > 0) {
    lines.push('', 'Sealed:', ...report.sealed.map(({ name, value }) => row(name, value)));
  }
  for (const key of report.keys) lines.push('', ...keyRows(key, row));
  if (report.notes !== undefined && report.notes.length > 0) {
    lines.push('', ...report.notes.flatMap((note) => wrap(visibleLine(note), '', columns)));
  }
  return `${lines.join('\n')}\n`;
}

function stateOf({ encrypted, state }: FileReport): string {
  if (state !== undefined) return state;
  if (encrypted === null) return 'this file alone does not tell whether it is encrypted';
  return encrypted ? 'encrypted' : 'not encrypted';
}

function keyRows(key: SealedKey, row: (name: string, value: string) => string): string[] {
  const { place, keyId, providerId, opensWith, lockedBytes } = key;
  const macName = key.macName ?? 'HMAC-SHA-256';
  const macBytes = MAC_BYTES.get(macName);
  const parts =
    macBytes === undefined || lockedBytes < IV_BYTES + macBytes
      ? `${lockedBytes} bytes, MAC ${macName}`
      : `${lockedBytes} bytes: IV ${IV_BYTES}, AES-256-CBC ${lockedBytes - IV_BYTES - macBytes}, ${macName} ${macBytes}`;
  return [
    `The data key in ${place} opens with:`,
    ...(keyId === undefined ? [] : [row('key ID', keyId)]),
    ...(providerId === undefined ? [] : [row('key provider', providerId)]),
    ...(opensWith === undefined ? [] : [row('what', opensWith)]),
    ...(lockedBytes === 0 ? [] : [row('locked data', parts)]),
  ];
}

const VALUE_MAX_CHARACTERS = 96;
/** Room for `... (1234 characters)` and the margin. */
const CUT_NOTE = 26;
/** IDs and hashes up to this length are never cut. */
const WORD_SHOWN = 64;

function cut(value: string, room: number): string {
  const most = value.includes(' ')
    ? VALUE_MAX_CHARACTERS
    : Math.max(WORD_SHOWN, Math.min(VALUE_MAX_CHARACTERS, room - CUT_NOTE));
  return value.length <= most ? value : `${value.slice(0, most - CUT_NOTE)}... (${value.length} characters)`;
}
