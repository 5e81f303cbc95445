import { CredentialType } from '../spec/enumerations.generated.js';
import { Tag } from '../spec/tags.generated.js';
import type { Item } from '../ttlv/item.js';
import { item, structure, text } from '../ttlv/values.js';
import { asEnumeration, asItems, asStructure, asText, asUtf8 } from './read-as.js';
import type { StructureCodec } from './structure-codec.js';
import { field, named } from './write-fields.js';

/** Who asks, in a request's header (KMIP 1.1 section 2.1.2). Passwords are UTF-8 views of the frame, never strings. */
export type Credential =
  | { readonly type: 'UsernameAndPassword'; readonly username: string; readonly password?: Uint8Array | undefined }
  /** Since 1.1. */
  | {
      readonly type: 'Device';
      readonly deviceSerialNumber?: string | undefined;
      readonly password?: Uint8Array | undefined;
      readonly deviceIdentifier?: string | undefined;
      readonly networkIdentifier?: string | undefined;
      readonly machineIdentifier?: string | undefined;
      readonly mediaIdentifier?: string | undefined;
    }
  /** Since 1.2; what it holds is not judged here. */
  | { readonly type: 'Attestation'; readonly credentialValue: readonly Item[] };

const utf8 = (value: Uint8Array) => ({ type: 'TextString', utf8: value }) as const;

function credentialValue(credential: Credential): Item[] {
  if (credential.type === 'UsernameAndPassword') {
    return [item(Tag.Username, text(credential.username)), ...field(Tag.Password, credential.password, utf8)];
  }
  if (credential.type === 'Attestation') return [...credential.credentialValue];
  return [
    ...field(Tag.DeviceSerialNumber, credential.deviceSerialNumber, text),
    ...field(Tag.Password, credential.password, utf8),
    ...field(Tag.DeviceIdentifier, credential.deviceIdentifier, text),
    ...field(Tag.NetworkIdentifier, credential.networkIdentifier, text),
    ...field(Tag.MachineIdentifier, credential.machineIdentifier, text),
    ...field(Tag.MediaIdentifier, credential.mediaIdentifier, text),
  ];
}

/**
 * ```
 * Credential 420023 { Credential Type 420024, Credential Value 420025 {
 *   Username 420099 Text, Password? 4200a1 Text
 *   or (1.1) Device Serial Number? 4200b0, Password? 4200a1, Device Identifier? 4200a2, Network Identifier? 4200ab,
 *   Machine Identifier? 4200a9, Media Identifier? 4200aa, all Text
 *   or (1.2) an attestation } }
 * ```
 */
export const credentialCodec: StructureCodec<Credential> = {
  encode: (credential) => [
    item(Tag.CredentialType, named(CredentialType)(credential.type)),
    item(Tag.CredentialValue, structure(credentialValue(credential))),
  ],
  decode: (reader) => {
    const type = reader.required(Tag.CredentialType, asEnumeration(CredentialType));
    if (type === 'UsernameAndPassword') {
      return reader.required(
        Tag.CredentialValue,
        asStructure((value) => ({
          type,
          username: value.required(Tag.Username, asText),
          password: value.optional(Tag.Password, asUtf8),
        })),
      );
    }
    if (type === 'Attestation') return { type, credentialValue: reader.required(Tag.CredentialValue, asItems) };
    return reader.required(
      Tag.CredentialValue,
      asStructure((value) => ({
        type,
        deviceSerialNumber: value.optional(Tag.DeviceSerialNumber, asText),
        password: value.optional(Tag.Password, asUtf8),
        deviceIdentifier: value.optional(Tag.DeviceIdentifier, asText),
        networkIdentifier: value.optional(Tag.NetworkIdentifier, asText),
        machineIdentifier: value.optional(Tag.MachineIdentifier, asText),
        mediaIdentifier: value.optional(Tag.MediaIdentifier, asText),
      })),
    );
  },
};
