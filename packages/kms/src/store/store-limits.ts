/** How large a store may be. Reading has no limit of its own, so what was written once is always read again. */
export const storeLimits = {
  /** The journal's file is not made longer by what clients add. */
  journalBytesMax: 1024 ** 3,
  /** Beyond that, room for changes that take no object more: states, dates, the end of a key. */
  reserveBytes: 16 * 1024 ** 2,
  /** A journal is rewritten when its dead bytes outgrow its living ones by this much. */
  deadBytesFloor: 1024 ** 2,
} as const;

/** {@link storeLimits}, or smaller ones. */
export type StoreLimits = { readonly [Name in keyof typeof storeLimits]: number };
