import { asText } from '../message/read-as.js';
import type { StructureCodec } from '../message/structure-codec.js';
import { field } from '../message/write-fields.js';
import { Tag } from '../spec/tags.generated.js';
import { item, text } from '../ttlv/values.js';

/** What an application notes beside a key under its own namespace (KMIP 1.1 section 3.36). */
export interface ApplicationSpecificInformation {
  readonly applicationNamespace: string;
  /** Left out by a client that asks the server to make it. */
  readonly applicationData?: string | undefined;
}

/** `Application Specific Information { Application Namespace Text, Application Data? Text }`. */
export const applicationSpecificInformationCodec: StructureCodec<ApplicationSpecificInformation> = {
  encode: (information) => [
    item(Tag.ApplicationNamespace, text(information.applicationNamespace)),
    ...field(Tag.ApplicationData, information.applicationData, text),
  ],
  decode: (fields) => ({
    applicationNamespace: fields.required(Tag.ApplicationNamespace, asText),
    applicationData: fields.optional(Tag.ApplicationData, asText),
  }),
};
