// What a terminal or a reader does not show as a character of its own: control characters (C0, DEL, C1), characters that
// turn the direction of text, zero-width and other format characters, line and paragraph separators, halves of pairs.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Text of several lines on its way to a person: what would act on the terminal, or is not seen, is written as what it
 * is, `\u{202e}`. Line feeds and tabs stay.
 */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, (character) =>
    character === '\n' || character === '\t' ? character : spelled(character),
  );
}

/** One value on its way to a person: as {@link visibleText}, and a line feed in it begins no line of ours. */
export function visibleLine(text: string): string {
  return text.replace(UNSEEN, spelled);
}

/** JSON text in which what is not seen is escaped as JSON has it, `\u202e`; it means the same. */
export function visibleJson(json: string): string {
  return json.replace(UNSEEN, (character) => {
    if (character === '\n' || character === '\t' || character === '\r') return character;
    return [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join('');
  });
}

function spelled(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
