/** What one client may keep in a key server. */
export interface Quotas {
  /** Managed objects, destroyed ones among them: their attributes stay. */
  readonly objects: number;
  /** Bytes that its objects take in the store. */
  readonly bytes: number;
  /** Attributes of one object, instances counted. */
  readonly attributes: number;
  /** Bytes of one attribute's value. */
  readonly value: number;
}

/**
 * Quotas that no honest client meets: a vCenter with 10,000 encrypted VMs has some 10,000 keys of 10 attributes and
 * 1 KiB each.
 */
export const defaultQuotas: Quotas = {
  objects: 100_000,
  bytes: 256 * 1024 * 1024,
  attributes: 256,
  value: 16 * 1024,
};

/** Names of the quotas, in the order in which people see them. */
export const QUOTA_NAMES = ['objects', 'bytes', 'attributes', 'value'] as const satisfies readonly (keyof Quotas)[];
