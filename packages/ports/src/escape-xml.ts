import { visibleText } from './visible-text.js';

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/**
 * Text for XML 1.0, which knows no control characters but tab and line ends (section 2.2, Char), nor U+FFFE and U+FFFF.
 * What it does not know, and what a reader does not see, is written as what it is: `\u{1b}`.
 */
export function escapeXml(text: string): string {
  return visibleText(text)
    .replaceAll(/[&<>"]/g, (character) => ENTITIES.get(character) ?? character)
    .replaceAll(/[\ufffe\uffff]/g, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);
}
