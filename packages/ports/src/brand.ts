declare const brand: unique symbol;

/** A primitive with a name of its own, so that a sector count cannot be passed where a key ID is wanted. */
export type Brand<Value, Name extends string> = Value & { readonly [brand]: Name };
