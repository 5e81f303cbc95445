import { LabError } from '../errors/lab-error.js';

/** How somebody changes a text file by hand. */
export type TextEdit =
  /** Other text in the place of this one, wherever it is. */
  | { readonly find: string; readonly put: string }
  /** One more line at the end. */
  | { readonly add: string }
  /** Lines that begin with this are taken out. */
  | { readonly drop: string };

/** A file after an edit. */
export interface EditedText {
  readonly bytes: Uint8Array;
  /** How many places were changed. */
  readonly places: number;
}

/**
 * Edits the bytes of a text; what is not named stays, whatever the encoding.
 *
 * @param file name for the refusal
 * @throws LabError TEXT_NOT_FOUND when nothing would change
 */
export function editText(bytes: Uint8Array, edit: TextEdit, file: string): EditedText {
  const text = Buffer.from(bytes).toString('latin1');
  if ('find' in edit) {
    const parts = text.split(asBytes(edit.find));
    return edited(parts.join(asBytes(edit.put)), parts.length - 1, edit.find, file);
  }
  if ('add' in edit) {
    const end = text.includes('\r\n') ? '\r\n' : '\n';
    const isEnded = text === '' || /[\r\n]$/.test(text);
    return edited(`${text}${isEnded ? '' : end}${asBytes(edit.add)}${end}`, 1, edit.add, file);
  }
  const lines = text.match(/[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$/g) ?? [];
  const kept = lines.filter((line) => !line.trimStart().startsWith(asBytes(edit.drop)));
  return edited(kept.join(''), lines.length - kept.length, edit.drop, file);
}

function edited(text: string, places: number, sought: string, file: string): EditedText {
  if (places === 0) {
    throw new LabError('TEXT_NOT_FOUND', `${file} has no '${sought}', so there is nothing to edit. Look at the file.`);
  }
  return { bytes: new Uint8Array(Buffer.from(text, 'latin1')), places };
}

/** UTF-8, one character a byte. */
function asBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
