import type {
  Attribute,
  CertificateType,
  KeyFormatType,
  ObjectType,
  SecretDataType,
  State,
} from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import type { ClientName } from '../terms/client-name.js';
import type { KeyMaterial } from './key-material.js';

/** How an object's material is to be read. */
export type ObjectForm =
  /** A key's bytes, or, `isStructure`, the TTLV of a transparent key's Key Material. */
  | { readonly kind: 'key'; readonly keyFormatType: KeyFormatType; readonly isStructure: boolean }
  | { readonly kind: 'secret'; readonly keyFormatType: KeyFormatType; readonly secretDataType: SecretDataType }
  | { readonly kind: 'opaque'; readonly opaqueDataType: number }
  | { readonly kind: 'certificate'; readonly certificateType: CertificateType }
  /** TTLV of the attributes that the template brings. */
  | { readonly kind: 'template' };

/**
 * One managed object. It is a value: a change makes a new one with the next version, and only when that is durable does
 * it take the old one's place.
 */
export interface ManagedObject {
  readonly id: KeyId;
  readonly type: ObjectType;
  /** The client that created it; to all others it does not exist. */
  readonly owner: ClientName;
  /** Name in the header's credential under which it was created; then only that name may use it. Null if there was none. */
  readonly user: string | null;
  readonly state: State;
  /** 1, 2, 3 ... */
  readonly version: number;
  /** All attributes but Unique Identifier, Object Type and State, in the order in which they were set. */
  readonly attributes: readonly Attribute[];
  readonly form: ObjectForm;
  /** Null once it was destroyed. */
  readonly material: KeyMaterial | null;
}

/** What a change makes of an object: all but what it is, whose it is and its version. */
export type ObjectPart = Partial<Omit<ManagedObject, 'id' | 'type' | 'owner' | 'user' | 'version'>>;
