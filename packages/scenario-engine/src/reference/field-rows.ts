import type { JsonSchema } from './json-schema.js';

/** One field of a map, for people. */
export interface FieldRow {
  /** With dots for maps inside maps, `NAME` for a key of one's own, `[]` for each of a list. */
  readonly field: string;
  /** What it takes, in words. */
  readonly takes: string;
  /** Must be given, may be left out, or what it is then. */
  readonly given: string;
}

/** Longer lists of words are given by their number, and whole elsewhere. */
export const WORDS_SHOWN = 14;

/** Where a list of words is given whole. */
export type ListOf = (words: readonly string[], field: string) => string;

/** The fields of a schema, those of maps inside it too. */
export function fieldRows(schema: JsonSchema, listOf: ListOf, above = ''): FieldRow[] {
  return branchesOf(schema).flatMap((branch) => {
    const own = Object.entries(branch.properties ?? {}).flatMap(([word, field]) => {
      if (typeof field === 'boolean') return [];
      const name = `${above}${word}`;
      const row = { field: name, takes: takesOf(field, listOf, name), given: givenOf(branch, word, field) };
      return [row, ...fieldRows(field, listOf, `${name}.`)];
    });
    const items = branch.items as JsonSchema | undefined;
    const each = items === undefined ? [] : fieldRows(items, listOf, `${above.slice(0, -1)}[].`);
    const any = branch.additionalProperties;
    const named = typeof any === 'object' ? fieldRows(any, listOf, `${above}NAME.`) : [];
    return [...own, ...each, ...named];
  });
}

/** What a schema takes, in words. */
export function takesOf(schema: JsonSchema, listOf: ListOf, field: string): string {
  if (schema.description !== undefined && schema.$ref === undefined) return schema.description;
  const each = branchesOf(schema);
  if (each.length > 1) {
    const consts = each.flatMap((one) => (one.const === undefined ? [] : [one.const]));
    if (consts.length === each.length) return oneOf(consts.map(String), listOf, field);
    // A word of a list, or any text: other spellings of the same words.
    const isOpen = each.length === 2 && each[0]?.enum !== undefined && each[1]?.type === 'string' && !each[1]?.enum;
    const shown = isOpen ? each.slice(0, 1) : each;
    return [...new Set(shown.map((one) => takesOf(one, listOf, field)))].join(', or ');
  }
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return oneOf(schema.enum.map(String), listOf, field);
  switch (schema.type) {
    case 'string':
      return 'a text';
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'nothing';
    case 'integer':
    case 'number':
      return limits('a whole number', schema.minimum, schema.maximum);
    case 'array':
      return `a list of ${plural(schema.items as JsonSchema | undefined, listOf, field)}`;
    case 'object':
      if (typeof schema.additionalProperties !== 'object') return 'a map';
      return `a map of names, each with ${takesOf(schema.additionalProperties, listOf, field)}`;
    default:
      return 'what the verb takes';
  }
}

function plural(items: JsonSchema | undefined, listOf: ListOf, field: string): string {
  const one = items === undefined ? 'values' : takesOf(items, listOf, field);
  const names: Readonly<Record<string, string>> = { 'a text': 'texts', 'a map': 'maps' };
  return names[one] ?? `values, each ${one}`;
}

function oneOf(words: readonly string[], listOf: ListOf, field: string): string {
  if (words.length > WORDS_SHOWN) return listOf(words, field);
  const shown = words.map((word) => `\`${word}\``);
  return shown.length === 1 ? (shown[0] ?? '') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
}

function limits(what: string, least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return what;
  if (most === undefined) return `${what}, at least ${least}`;
  return least === undefined ? `${what}, at most ${most}` : `${what}, ${least} to ${most}`;
}

function givenOf(map: JsonSchema, word: string, field: JsonSchema): string {
  if (field.default !== undefined) return `default \`${JSON.stringify(field.default).replaceAll('"', '')}\``;
  return map.required?.includes(word) ? 'needed' : '';
}

/** The members of a union, whatever is inside it; a schema that is none is its own only one. */
export function branchesOf(schema: JsonSchema): readonly JsonSchema[] {
  const members = schema.anyOf ?? schema.oneOf;
  if (members === undefined || schema.properties !== undefined) return [schema];
  return members.flatMap((each) => branchesOf(each as JsonSchema));
}
