import { labSchema } from '@vcryptsim/lab';
import { parse } from 'yaml';
import { z } from 'zod';
import { EXPECTATIONS } from '../expectations/registry.js';
import { callerSchema, quizSchema, repeatSchema } from '../scenario/bind-steps.js';
import { partSchema, scenarioSchema, topologySchema } from '../scenario/loader.js';
import { BESIDE_WORDS, FILE_WORDS, STRUCTURE_WORDS, type StructureWord } from '../scenario/structure-words.js';
import { STEPS } from '../steps/registry.js';
import type { StepKind } from '../steps/step-kind.js';

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Names of the schema files, by what they describe. */
export const SCHEMA_FILES = {
  scenario: 'scenario.schema.json',
  topology: 'topology.schema.json',
  part: 'part.schema.json',
} as const;

const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

/**
 * The files of the language as JSON Schema 2020-12, for editors: words, their kinds and their limits. What depends on the
 * names of a lab, or on the order of the steps, only `scenario lint` can say.
 *
 * @returns a schema for each file of {@link SCHEMA_FILES}; the other two refer to that of scenarios
 */
export function jsonSchemas(): Readonly<Record<keyof typeof SCHEMA_FILES, JsonSchema>> {
  const far = (name: string): JsonSchema => ({ $ref: `${SCHEMA_FILES.scenario}#/$defs/${name}` });
  const near = (name: string): JsonSchema => ({ $ref: `#/$defs/${name}` });
  return {
    scenario: {
      $schema: DRAFT,
      title: 'A scenario of vcryptsim',
      ...fileOf(scenarioSchema, near),
      $defs: { lab: jsonSchemaOf(labSchema), steps: stepsSchema(), step: stepSchema(), expect: expectSchema() },
    },
    topology: { $schema: DRAFT, title: 'A lab of vcryptsim', ...fileOf(topologySchema, far) },
    part: { $schema: DRAFT, title: 'A part of scenarios of vcryptsim', ...fileOf(partSchema, far) },
  };
}

/** A schema of the language as JSON Schema: what may be written, before anything is read into it. */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Names that may be spelt in several ways: the usual spelling is offered, every other one is left to lint.
      if (isPreprocessed(zodSchema) && jsonSchema.enum !== undefined) {
        const { enum: names } = jsonSchema;
        delete jsonSchema.enum;
        delete jsonSchema.type;
        jsonSchema.anyOf = [{ type: 'string', enum: names }, { type: 'string' }];
      }
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return json as JsonSchema;
}

function isPreprocessed(schema: z.core.$ZodType): boolean {
  return schema instanceof z.ZodPipe && schema.def.in instanceof z.ZodTransform;
}

/** The argument of a verb; `until` has conditions in it. */
export function argumentSchema(kind: StepKind): JsonSchema {
  const own = jsonSchemaOf(kind.schema);
  if (!kind.takesConditions) return own;
  const words = expectSchema();
  const { properties, patternProperties } = words;
  return { ...own, properties: { ...own.properties, ...properties }, ...(patternProperties && { patternProperties }) };
}

function fileOf(schema: z.ZodType, ref: (name: string) => JsonSchema): JsonSchema {
  const json = jsonSchemaOf(schema);
  const known: Readonly<Record<string, JsonSchema>> = { lab: ref('lab'), steps: ref('steps') };
  const properties = Object.entries(json.properties ?? {}).map(([word, own]) => [
    word,
    { ...aboutOf(FILE_WORDS, word), ...(known[word] ?? (own as JsonSchema)) },
  ]);
  return { ...json, properties: Object.fromEntries(properties) };
}

function stepsSchema(): JsonSchema {
  return { type: 'array', minItems: 1, items: { $ref: '#/$defs/step' } };
}

/** One verb, or one word that holds steps, and what goes beside a verb. */
function stepSchema(): JsonSchema {
  const steps: JsonSchema = { $ref: '#/$defs/steps' };
  const { properties: repeat, ...rest } = jsonSchemaOf(repeatSchema);
  const structure: Readonly<Record<string, JsonSchema>> = {
    use: { type: 'string' },
    repeat: { ...rest, properties: { ...repeat, steps } },
    together: { ...stepsSchema(), minItems: 2 },
    meanwhile: stepsSchema(),
  };
  const caller = jsonSchemaOf(callerSchema).properties as Readonly<Record<string, JsonSchema>>;
  const beside: Readonly<Record<string, JsonSchema>> = {
    expect: { $ref: '#/$defs/expect' },
    quiz: jsonSchemaOf(quizSchema),
    ...caller,
  };
  const verbs = STEPS.map((kind) => [kind.verb, { ...wordsOf(kind, kind.verb), ...argumentSchema(kind) }]);
  const others = (words: readonly StructureWord[], schemas: Readonly<Record<string, JsonSchema>>) =>
    words.map(({ word }) => [word, { ...schemas[word], ...aboutOf(words, word) }]);
  const heads = [...STEPS.map(({ verb }) => verb), ...STRUCTURE_WORDS.map(({ word }) => word)];
  const onlyBeside = (allowed: readonly string[]) => ({
    properties: Object.fromEntries(BESIDE_WORDS.flatMap(({ word }) => (allowed.includes(word) ? [] : [[word, false]]))),
  });
  return {
    type: 'object',
    properties: Object.fromEntries([
      ...verbs,
      ...others(STRUCTURE_WORDS, structure),
      ...others(BESIDE_WORDS, beside),
    ]) as Record<string, JsonSchema>,
    additionalProperties: false,
    oneOf: heads.map((word) => ({ required: [word] })),
    dependentSchemas: Object.fromEntries(
      STRUCTURE_WORDS.map(({ word, beside: allowed }) => [word, onlyBeside(allowed)]),
    ),
  };
}

/** What may stand under `expect:`. */
function expectSchema(): JsonSchema {
  const entries = EXPECTATIONS.map((kind) => ({
    word: kind.word,
    schema: { ...wordsOf(kind, kind.word), ...jsonSchemaOf(kind.schema) },
  }));
  const [plain, named] = [false, true].map((has) => entries.filter(({ word }) => word.includes('NAME') === has));
  return {
    type: 'object',
    properties: Object.fromEntries((plain ?? []).map(({ word, schema }) => [word, schema])),
    patternProperties: Object.fromEntries((named ?? []).map(({ word, schema }) => [patternOf(word), schema])),
    additionalProperties: false,
  };
}

/** `vm.NAME.state` as a pattern of keys. */
function patternOf(word: string): string {
  return `^${word.replaceAll('.', '\\.').replace('NAME', '.+')}$`;
}

/** The sentence of a word and its example, which editors show. */
function wordsOf({ about, example }: { readonly about: string; readonly example: string }, word: string): JsonSchema {
  const value = Object.values(parse(example) as Readonly<Record<string, unknown>>)[0];
  return { title: word, description: about, examples: [value as z.core.util.JSONType] };
}

function aboutOf(words: readonly StructureWord[], word: string): JsonSchema {
  const about = words.find((each) => each.word === word)?.about;
  return about === undefined ? {} : { description: about };
}
