import { asStructureOf, type StructureCodec, structureOf } from '../message/structure-codec.js';
import { fields } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { type Attribute, attributeCodec } from './attribute.js';
import { type Name, nameCodec } from './name.js';

/** Attributes for an object that is made, and names of Template objects that bring more (KMIP 1.1 section 2.1.8). */
export interface TemplateAttribute {
  readonly templateNames?: readonly Name[] | undefined;
  readonly attributes: readonly Attribute[];
}

/** `Template-Attribute { Name*, Attribute* }`. */
export const templateAttributeCodec: StructureCodec<TemplateAttribute> = {
  encode: ({ templateNames, attributes }) => [
    ...fields(Tag.Name, templateNames, structureOf(nameCodec)),
    ...fields(Tag.Attribute, attributes, structureOf(attributeCodec)),
  ],
  decode: (reader) => ({
    templateNames: reader.all(Tag.Name, asStructureOf(nameCodec)),
    attributes: reader.all(Tag.Attribute, asStructureOf(attributeCodec)),
  }),
};
