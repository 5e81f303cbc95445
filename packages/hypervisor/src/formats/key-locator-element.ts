const NULL_ELEMENT = '<VMWARE-NULL>';
const EMPTY_ELEMENT = '<VMWARE-EMPTYSTRING>';

/** One element of a key locator: a text, or null where there is none. */
export type Element = string | null;

/** Writes an element: every byte that is no ASCII letter or digit as `%` and two lower-case hex digits. */
export function encodeElement(element: Element): string {
  if (element === null) return NULL_ELEMENT;
  if (element === '') return EMPTY_ELEMENT;
  let text = '';
  for (const byte of new TextEncoder().encode(element)) {
    const character = String.fromCharCode(byte);
    text += /[A-Za-z0-9]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

/**
 * Reads an element, escaped or not (VMware's own tools write the MAC name both ways; facts/vmdk.md section 2). The two
 * names for nothing are written plainly and accepted escaped.
 *
 * @returns undefined when the text is no element: a lone `%`, a control character, an opening bracket, broken UTF-8
 */
export function decodeElement(text: string): Element | undefined {
  const bytes = new Uint8Array(text.length);
  let length = 0;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code <= 0x20 || code >= 0x7f || code === 0x28) return undefined;
    if (code !== 0x25) {
      bytes[length++] = code;
      continue;
    }
    const hex = text.slice(index + 1, index + 3);
    if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return undefined;
    bytes[length++] = Number.parseInt(hex, 16);
    index += 2;
  }
  try {
    const element = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, length));
    if (element === '') return undefined;
    if (element === NULL_ELEMENT) return null;
    return element === EMPTY_ELEMENT ? '' : element;
  } catch {
    return undefined;
  }
}
