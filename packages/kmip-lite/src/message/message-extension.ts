import { Tag } from '../spec/tags.generated.js';
import type { Item, Value } from '../ttlv/item.js';
import { boolean, item, structure, text } from '../ttlv/values.js';
import { asBoolean, asItems, asStructure, asText } from './read-as.js';

/** A vendor's addition to a batch item (KMIP 1.1 section 6.16). */
export interface MessageExtension {
  readonly vendorIdentification: string;
  /** True: who does not understand it must not do the item. */
  readonly critical: boolean;
  readonly vendorExtension: readonly Item[];
}

/** Reads a `Message Extension 420051 { Vendor Identification Text, Criticality Indicator Boolean, Vendor Extension }`. */
export const asMessageExtension = asStructure(
  (reader): MessageExtension => ({
    vendorIdentification: reader.required(Tag.VendorIdentification, asText),
    critical: reader.required(Tag.CriticalityIndicator, asBoolean),
    vendorExtension: reader.required(Tag.VendorExtension, asItems),
  }),
);

/** Makes a Message Extension. */
export const messageExtension = (extension: MessageExtension): Value =>
  structure([
    item(Tag.VendorIdentification, text(extension.vendorIdentification)),
    item(Tag.CriticalityIndicator, boolean(extension.critical)),
    item(Tag.VendorExtension, structure(extension.vendorExtension)),
  ]);
