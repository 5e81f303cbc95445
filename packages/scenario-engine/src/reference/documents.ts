import { jsonSchemas, SCHEMA_FILES } from './json-schema.js';
import { referenceText } from './reference-text.js';

/** A file that is made from what is registered. */
export interface MadeDocument {
  /** From the project's folder. */
  readonly path: string;
  readonly text: string;
}

/** Every document about the language that is made and not written. */
export function madeDocuments(): readonly MadeDocument[] {
  const schemas = jsonSchemas();
  const kinds = Object.keys(SCHEMA_FILES) as (keyof typeof SCHEMA_FILES)[];
  return [
    { path: 'docs/scenario-reference.md', text: referenceText() },
    ...kinds.map((kind) => ({
      path: `schema/${SCHEMA_FILES[kind]}`,
      text: `${JSON.stringify(schemas[kind], null, 1)}\n`,
    })),
  ];
}
