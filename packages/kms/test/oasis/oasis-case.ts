// The OASIS test cases as TTLV: the format of the shared files stands in their README.
import { readFileSync } from 'node:fs';

/** One message of a case. A response belongs to the request before it. */
export interface OasisStep {
  readonly kind: 'request' | 'response';
  /** Operations, joined by ` + `; in a response each with its Result Status and Result Reason. */
  readonly brief: string;
  /** Offsets in seconds of the Date-Times that stand for "now", in the order of the fields. */
  readonly now?: readonly number[];
  readonly hex: string;
}

/** One test case. */
export interface OasisCase {
  readonly id: string;
  readonly description: string;
  /** Name of each placeholder and the value that stands for it in the hex. */
  readonly placeholders: Readonly<Record<string, string>>;
  readonly steps: readonly OasisStep[];
}

/** A file of cases. */
export interface OasisFile {
  /** What stands for "now" in the hex, in seconds since 1970. */
  readonly now: number;
  readonly cases: readonly OasisCase[];
}

/** Chains whose later case finds the objects of the earlier one; every other case begins with an empty store. */
const CHAINS: readonly (readonly [first: RegExp, second: RegExp])[] = [
  [/^SASED_M_2_/, /^SASED_M_3_/],
  [/^TL_M_2_/, /^TL_M_3_/],
];

/** Reads a file of cases. */
export function readOasisFile(path: string): OasisFile {
  return JSON.parse(readFileSync(path, 'utf8')) as OasisFile;
}

/** The cases in groups that share a store. */
export function storesOf(cases: readonly OasisCase[]): OasisCase[][] {
  const stores: OasisCase[][] = [];
  for (const one of cases) {
    const chain = CHAINS.find(([, second]) => second.test(one.id));
    const store = chain && stores.find(([first]) => first !== undefined && chain[0].test(first.id));
    if (store === undefined) stores.push([one]);
    else store.push(one);
  }
  return stores;
}
