import type { SealedDek } from '@vcryptsim/hypervisor/formats';
import { visibleLine } from '@vcryptsim/ports';

/** A thing that a file says or holds. */
export interface ReportEntry {
  readonly name: string;
  readonly value: string;
}

/** A DEK that a file holds sealed, with the key that opens it. */
export interface SealedKey {
  /** Where it stands: `encryption.bundle` or `encryptionKeys`. */
  readonly place: string;
  readonly keyId: string;
  readonly providerId: string;
  /** IV, ciphertext and MAC together. */
  readonly lockedBytes: number;
}

/** What one file shows to whoever has it, and what it keeps. */
export interface FileReport {
  readonly file: string;
  readonly format: string;
  readonly encrypted: boolean;
  /** Readable by anybody. */
  readonly clear: readonly ReportEntry[];
  /** Present, and unreadable without a key. */
  readonly sealed: readonly ReportEntry[];
  readonly keys: readonly SealedKey[];
}

/** The keys of a parsed bundle, for a report. */
export function sealedKeys(place: string, bundle: readonly SealedDek[]): SealedKey[] {
  return bundle.map(({ keyId, locked }) => ({
    place,
    keyId: keyId.keyId,
    providerId: keyId.providerId,
    lockedBytes: locked.length,
  }));
}

const IV_BYTES = 16;
const MAC_BYTES = 32;

/** A report as aligned text, values cut to what a terminal shows. */
export function renderReport(report: FileReport): string {
  const entries = [...report.clear, ...report.sealed].map(({ name }) => ({ name: visibleLine(name) }));
  const width = Math.max(14, ...entries.map(({ name }) => name.length));
  const row = (name: string, value: string) => `  ${visibleLine(name).padEnd(width)}  ${visibleLine(cut(value))}`;
  const lines = [`${visibleLine(report.file)}: ${report.format}, ${report.encrypted ? 'encrypted' : 'not encrypted'}`];
  if (report.clear.length > 0) {
    lines.push('', 'In clear, for whoever has the file:', ...report.clear.map(({ name, value }) => row(name, value)));
  }
  if (report.sealed.length > 0) {
    lines.push('', 'Sealed:', ...report.sealed.map(({ name, value }) => row(name, value)));
  }
  for (const { place, keyId, providerId, lockedBytes } of report.keys) {
    lines.push(
      '',
      `The data key in ${place} opens with:`,
      row('key ID', keyId),
      row('key provider', providerId),
      row(
        'locked data',
        `${lockedBytes} bytes: IV ${IV_BYTES}, AES-256-CBC ${lockedBytes - IV_BYTES - MAC_BYTES}, HMAC-SHA-256 ${MAC_BYTES}`,
      ),
    );
  }
  return `${lines.join('\n')}\n`;
}

const VALUE_MAX_CHARACTERS = 96;

function cut(value: string): string {
  return value.length <= VALUE_MAX_CHARACTERS
    ? value
    : `${value.slice(0, VALUE_MAX_CHARACTERS)}... (${value.length} characters)`;
}
