import { keyNames } from '@vcryptsim/lab';
import { z } from 'zod';
import { expectationKind } from './expectation-kind.js';
import { listed } from './words.js';

/** Ours: more than any lab makes. */
const KEYS_MAX = 100_000;

/** `keys.NAME.ram`: the keys in a host's cache: how many, or which (a VM's name for its KEK, `host-key`). */
export const hostKeys = expectationKind({
  word: 'keys.NAME.ram',
  about: "The keys in a host's memory: a number, or names (a VM's name means its KEK; host-key).",
  example: 'keys.esx-1.ram: [payroll, host-key]',
  subject: 'hosts',
  value: (names) =>
    z.union([
      z.int().min(0).max(KEYS_MAX),
      z.array(names === undefined ? z.string() : z.enum([...names.vms, 'host-key'])),
    ]),
  check: async (wanted, { world }, host) => {
    const keys = await world.keysInMemory(host);
    const found = keys.map(keyNames(world)).sort();
    const met =
      typeof wanted === 'number'
        ? found.length === wanted
        : found.length === wanted.length && [...wanted].sort().every((name, index) => name === found[index]);
    const wantedText = typeof wanted === 'number' ? `${wanted} keys` : listed(wanted);
    return { met, wanted: wantedText, found: listed(found) };
  },
});
