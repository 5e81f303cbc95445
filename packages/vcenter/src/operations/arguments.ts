import type { Brand, CryptoKeyId, ManagedObjectType, MoRef } from '@vcryptsim/ports';
import { moTypeOf } from '@vcryptsim/ports';
import { z } from 'zod';

/** Characters that no name may hold: controls, and what hides or turns text on a terminal. */
const HIDDEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

/** A name as people give it: 1 to 80 characters, none of them a control or an invisible one (ManagedEntity.name). */
export function nameArgument<Text extends string>(): z.ZodType<Text> {
  return z
    .string()
    .refine((text) => text.trim() !== '', 'a name is empty')
    .refine((text) => text.length <= 80, 'a name has more than 80 characters')
    .refine(
      (text) => !HIDDEN.test(text),
      'a name has a control character or an invisible one',
    ) as unknown as z.ZodType<Text>;
}

/** A text that another part checks. */
export function textArgument<Text extends string>(): z.ZodType<Text> {
  return z.string() as unknown as z.ZodType<Text>;
}

/** The reference of an object of one of some kinds. */
export function refArgument<Type extends ManagedObjectType>(...types: readonly Type[]): z.ZodType<MoRef<Type>> {
  return z.custom<MoRef<Type>>(
    (value) => typeof value === 'string' && (types as readonly string[]).includes(moTypeOf(value) ?? ''),
    `this is not the reference of a ${types.join(' or ')}`,
  );
}

/** A whole number of one kind. */
export function countArgument<Count extends Brand<number, string>>(): z.ZodType<Count> {
  return z.number().int().nonnegative() as unknown as z.ZodType<Count>;
}

export const keyIdArgument: z.ZodType<CryptoKeyId> = z.strictObject({
  keyId: textArgument<CryptoKeyId['keyId']>(),
  providerId: textArgument<CryptoKeyId['providerId']>(),
});

/** No arguments. */
export const noArguments: z.ZodType<Record<string, never>> = z.strictObject({});

/** Bytes, such as a certificate in DER. */
export const bytesArgument: z.ZodType<Uint8Array> = z.instanceof(Uint8Array);
