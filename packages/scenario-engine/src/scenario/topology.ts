import type { Lab } from '@vcryptsim/lab';
import { stringify } from 'yaml';

/** A lab to be kept up: a topology file that was read and checked in full. */
export interface Topology {
  readonly name: string;
  readonly about: string;
  /** The seed that the file asks for, or null. */
  readonly seed: number | null;
  readonly lab: Lab;
  /** The lab as the file has it, its paths absolute: what can be written and read again. */
  readonly source: unknown;
  /** Absolute folder of the file. */
  readonly folder: string;
}

/** A topology as YAML, without steps; `seed` in place of its own. It can be read again from any folder. */
export function topologyText({ name, about, source }: Topology, seed: number): string {
  return stringify({ name, about, seed, lab: source }, { lineWidth: 120 });
}

/** Says whether two topologies ask for the same machines. */
export function sameMachines(a: Topology, b: Topology): boolean {
  return JSON.stringify(a.source) === JSON.stringify(b.source);
}

/** Fields of a lab that hold a path, wherever they are in it. */
const PATHS = ['image', 'cert', 'key', 'ca', 'passwordFile'];

/** The same lab with the paths in it made absolute, from the folder of its file. */
export function withAbsolutePaths(lab: unknown, folder: string): unknown {
  if (Array.isArray(lab)) return lab.map((each) => withAbsolutePaths(each, folder));
  if (typeof lab !== 'object' || lab === null) return lab;
  const entries = Object.entries(lab).map(([word, value]) => {
    const isPath = PATHS.includes(word) && typeof value === 'string' && !value.startsWith('/');
    return [word, isPath ? `${folder}/${value}` : withAbsolutePaths(value, folder)];
  });
  return Object.fromEntries(entries);
}
