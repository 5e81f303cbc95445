import type { LabNames } from '@vcryptsim/lab';
import type { z } from 'zod';
import type { Binding, BindPlace } from '../language/binding.js';
import { nearestWord } from '../language/nearest-word.js';
import { checkValue } from '../language/schema-problems.js';
import type { Scene } from '../scene/scene.js';

/** What an expectation found. */
export interface Finding {
  readonly met: boolean;
  /** What was wanted, in words. */
  readonly wanted: string;
  /** What was there instead, in words. */
  readonly found: string;
}

/** An expectation with its checked value inside. */
export interface BoundExpectation {
  /** The word under which it stands in the file, for example `vm.payroll.state`. */
  readonly word: string;
  /** The VM that it looks at, which must have been created. */
  readonly vm?: string;
  check(scene: Scene): Promise<Finding>;
}

/** A word that may stand under `expect:` and `until:`. */
export interface ExpectationKind {
  /** The word; `NAME` in it stands for a name of the lab, for example `vm.NAME.state`. */
  readonly word: string;
  readonly about: string;
  /** A YAML line that uses it. */
  readonly example: string;
  /** What stands behind the word, whatever names a lab has: for documents and editors. */
  readonly schema: z.ZodType;
  /** The words that a lab with these names knows. */
  wordsOf(names: LabNames | undefined): readonly string[];
  /** Binds the value when `word` is its own; null when it is not. */
  bind(word: string, value: unknown, place: BindPlace): Binding<BoundExpectation> | null;
}

/**
 * Registers an expectation.
 *
 * @param definition `subject` says which names of the lab fill `NAME`; `check` gets that name, or '' without one
 */
export function expectationKind<Value>(definition: {
  readonly word: string;
  readonly about: string;
  readonly example: string;
  readonly subject?: 'vms' | 'hosts' | 'policies';
  readonly value: (names: LabNames | undefined) => z.ZodType<Value>;
  readonly check: (value: Value, scene: Scene, name: string) => Promise<Finding> | Finding;
}): ExpectationKind {
  const [before = '', after = ''] = definition.word.split('NAME');
  const nameIn = (word: string): string | null => {
    if (definition.subject === undefined) return word === definition.word ? '' : null;
    const fits = word.startsWith(before) && word.endsWith(after) && word.length > before.length + after.length;
    return fits ? word.slice(before.length, word.length - after.length) : null;
  };
  return {
    word: definition.word,
    about: definition.about,
    example: definition.example,
    schema: definition.value(undefined),
    wordsOf(names) {
      if (definition.subject === undefined) return [definition.word];
      return (names?.[definition.subject] ?? ['NAME']).map((name) => `${before}${name}${after}`);
    },
    bind(word, value, place) {
      const name = nameIn(word);
      if (name === null) return null;
      const known = definition.subject === undefined ? undefined : place.names?.[definition.subject];
      if (known !== undefined && !known.includes(name)) {
        const nearest = nearestWord(name, known);
        const message = `'${name}' is not in this lab; known: ${known.join(', ') || 'none'}`;
        return {
          problems: [
            place.source.problemAtKey(
              place.path,
              word,
              message,
              nearest === null ? null : `${before}${nearest}${after}`,
            ),
          ],
        };
      }
      const checked = checkValue(definition.value(place.names), value, place.source, [...place.path, word]);
      if ('problems' in checked) return checked;
      const bound = { word, check: async (scene: Scene) => definition.check(checked.value, scene, name) };
      return { bound: definition.subject === 'vms' ? { ...bound, vm: name } : bound };
    },
  };
}
