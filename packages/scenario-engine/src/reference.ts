export { type MadeDocument, madeDocuments } from './reference/documents.js';
export { argumentSchema, type JsonSchema, jsonSchemas, SCHEMA_FILES } from './reference/json-schema.js';
