import { labelled, wrap } from '@vcryptsim/scenario-engine/layout';
import { terminalWidth } from '../../terminal/terminal-width.js';

/** A word of the language with its sentence and an example, as lines. */
export function wordEntry(word: string, about: string, example?: string): string[] {
  const width = terminalWidth();
  const lines = example === undefined ? [] : labelled('    - ', example, width);
  return [word, ...wrap(about, '    ', width), ...lines];
}
