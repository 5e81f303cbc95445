import { readFileSync } from 'node:fs';
import { sharedPath } from '../../../../test/support/left-out.js';
import { fromHex } from './hex.js';

/** One whole message of others' making. */
export interface SharedMessage {
  readonly name: string;
  readonly kind: 'request' | 'response';
  readonly bytes: Uint8Array;
}

interface OasisFile {
  readonly cases: readonly {
    readonly id: string;
    readonly steps: readonly { readonly kind: 'request' | 'response'; readonly brief: string; readonly hex: string }[];
  }[];
}

interface CaptureFile {
  readonly entries: readonly {
    readonly id: string;
    readonly request_hex: string;
    readonly response_hex: string;
    readonly request_parse_error?: string;
  }[];
}

function load<T>(file: string): T | null {
  const path = sharedPath(`kmip/${file}`);
  return path === null ? null : (JSON.parse(readFileSync(path, 'utf8')) as T);
}

/** Messages of the OASIS test cases, or null where the file is absent. */
export function oasisMessages(file: string): SharedMessage[] | null {
  const oasis = load<OasisFile>(file);
  return (
    oasis?.cases.flatMap(({ id, steps }) =>
      steps.map(({ kind, brief, hex }, at) => ({
        name: `${id} step ${at} ${kind} ${brief}`,
        kind,
        bytes: fromHex(hex),
      })),
    ) ?? null
  );
}

/** Frames between PyKMIP's client and server, without the two that are malformed on purpose; null where absent. */
export function capturedMessages(): SharedMessage[] | null {
  const captures = load<CaptureFile>('pykmip-captures.json');
  return (
    captures?.entries.flatMap(({ id, request_hex, response_hex, request_parse_error }) => [
      ...(request_parse_error === undefined
        ? [{ name: `${id} request`, kind: 'request' as const, bytes: fromHex(request_hex) }]
        : []),
      { name: `${id} response`, kind: 'response' as const, bytes: fromHex(response_hex) },
    ]) ?? null
  );
}
