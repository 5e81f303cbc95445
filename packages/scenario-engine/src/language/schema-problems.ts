import { z } from 'zod';
import { nearestWord } from './nearest-word.js';
import type { ScenarioProblem } from './problem.js';
import type { YamlPath, YamlSource } from './yaml-source.js';

type Issue = z.core.$ZodIssue;

/** Who has more mistakes than this in one place has made one mistake. */
const ISSUES_MAX = 50;
/** Characters of a wrong word that are shown. */
const SHOWN_MAX = 60;
/** Valid words that are listed in a message. */
const WORDS_SHOWN = 20;

/**
 * Checks a value of a YAML file against a schema.
 *
 * @param path where the value stands in the file
 * @returns the parsed value, or every problem with its place and the nearest valid word
 */
export function checkValue<T>(
  schema: z.ZodType<T>,
  value: unknown,
  source: YamlSource,
  path: YamlPath,
): { readonly value: T } | { readonly problems: readonly ScenarioProblem[] } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const problems = result.error.issues
    .slice(0, ISSUES_MAX)
    .flatMap((issue) => problemsOf(issue, schema, value, source, path));
  return { problems: withoutTwins(problems) };
}

/** A misspelt word is both unknown and missing; this leaves the first of the two. */
export function withoutTwins(problems: readonly ScenarioProblem[]): ScenarioProblem[] {
  const misspelt = new Set(problems.map((problem) => `'${problem.nearest}' is missing`));
  return problems.filter((problem) => !misspelt.has(problem.message));
}

function problemsOf(
  issue: Issue,
  schema: z.core.$ZodType,
  value: unknown,
  source: YamlSource,
  base: YamlPath,
): ScenarioProblem[] {
  const inside = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const path = [...base, ...inside];
  const found = valueAt(value, inside);
  switch (issue.code) {
    case 'unrecognized_keys': {
      const valid = keysAt(schema, inside);
      return issue.keys.slice(0, ISSUES_MAX).map((key) => {
        const message = `unknown word '${shownValue(key)}'; known here: ${valid.join(', ')}`;
        return source.problemAtKey(path, key, message, nearestWord(key, valid));
      });
    }
    case 'invalid_value': {
      const valid = issue.values.map(String);
      if (found === undefined) return [source.problemAt(path, `'${inside.at(-1) ?? 'value'}' is missing`)];
      // A word that the schema itself says something about.
      if (!issue.message.startsWith('Invalid ')) return [source.problemAt(path, issue.message)];
      const word = shownValue(found);
      const message = `'${word}' is not known here; known: ${listOf(valid)}`;
      return [source.problemAt(path, message, nearestWord(word, valid))];
    }
    case 'too_big':
    case 'too_small': {
      if (issue.origin !== 'number' && issue.origin !== 'int') break;
      const limit = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
      return [source.problemAt(path, `${shownValue(found)} is outside the limits: ${limit}`)];
    }
    case 'invalid_key': {
      const key = String(inside.at(-1));
      return [
        source.problemAtKey(
          path.slice(0, -1),
          key,
          `'${shownValue(key)}': ${issue.issues[0]?.message ?? issue.message}`,
        ),
      ];
    }
    case 'invalid_union': {
      const branch = issue.errors.find((issues) => !issues.some((each) => isWrongKind(each, found)));
      if (branch === undefined) return [source.problemAt(path, `${kindOf(found)} does not fit here`)];
      return branch.flatMap((each) =>
        problemsOf({ ...each, path: [...issue.path, ...each.path] } as Issue, schema, value, source, base),
      );
    }
    case 'invalid_type': {
      const name = inside.at(-1);
      const message =
        found === undefined && name !== undefined
          ? `'${name}' is missing`
          : `${article(issue.expected)} is expected here, not ${kindOf(found)}`;
      return [source.problemAt(path, message)];
    }
    default:
  }
  return [source.problemAt(path, issue.message.replace(/\.$/, ''))];
}

/** A wrong value as it can be printed: one that is no word by its kind, a long one cut. */
function shownValue(value: unknown): string {
  if (typeof value === 'object' && value !== null) return kindOf(value);
  const text = String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** Valid words for a message; of many only some, the nearest one is told anyway. */
function listOf(words: readonly string[]): string {
  const shown = words.slice(0, WORDS_SHOWN).join(', ');
  if (words.length === 0) return 'none';
  return words.length > WORDS_SHOWN ? `${shown} and ${words.length - WORDS_SHOWN} more` : shown;
}

/** Says whether a member of a union was never meant: it wants another kind of value altogether. */
function isWrongKind(issue: Issue, value: unknown): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union')
    return issue.errors.every((branch) => branch.some((each) => isWrongKind(each, value)));
  return issue.code === 'invalid_type' || (issue.code === 'invalid_value' && typeof value === 'object');
}

function valueAt(value: unknown, path: YamlPath): unknown {
  return path.reduce<unknown>(
    (at, part) => (typeof at === 'object' && at !== null ? (at as Record<string | number, unknown>)[part] : undefined),
    value,
  );
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return article(typeof value === 'string' ? 'string' : typeof value);
}

function article(type: string): string {
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    object: 'a map',
    record: 'a map',
    array: 'a list',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return names[type] ?? `a ${type}`;
}

/** The words that a strict object under `path` of a schema knows. */
export function keysAt(schema: z.core.$ZodType, path: YamlPath): string[] {
  const each = branches(schema);
  const [first, ...rest] = path;
  if (first === undefined) return each.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []));
  return each.flatMap((one) => {
    if (one instanceof z.ZodObject) return one.shape[first] ? keysAt(one.shape[first], rest) : [];
    if (one instanceof z.ZodArray) return keysAt(one.element, rest);
    if (one instanceof z.ZodRecord) return keysAt(one.valueType, rest);
    return [];
  });
}

/** A schema without its wrappers; a union gives all its members. */
function branches(schema: z.core.$ZodType): z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return branches(schema.def.innerType);
  }
  if (schema instanceof z.ZodPipe) return branches(schema.def.in);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(branches);
  return [schema];
}
