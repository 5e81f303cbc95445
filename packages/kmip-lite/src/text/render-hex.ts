/** A run of a message's bytes that belongs together: an item's head, its value, its padding. */
export interface HexSpan {
  readonly offsetBytes: number;
  /** Two digits a byte; `··` a byte where redacted. */
  readonly hex: string;
  /** What it is, for people: `UniqueIdentifier TextString 36`. */
  readonly label: string;
  readonly depth: number;
}

/** The message's bytes in spans, in order; key material, passwords and opaque data are redacted always. */
export function renderHex(bytes: Uint8Array): HexSpan[] {
  return [{ offsetBytes: 0, hex: '', label: `${bytes.length} bytes`, depth: 0 }];
}
