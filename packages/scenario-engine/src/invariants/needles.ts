import type { ScanNeedle } from '@vcryptsim/simkit/scan';
import type { World } from '../world/world.js';
import type { Invariant } from './invariant.js';
import { INVARIANTS } from './registry.js';

/** Between the name of an invariant and that of its needle, inside the one scanner that looks for all of them. */
const SEPARATOR = '\u0000';

/** The needles of an invariant, with its name before theirs. */
export function needlesOf(invariant: Invariant, world: World): ScanNeedle[] {
  return invariant.needles(world).map((needle) => ({ ...needle, name: `${invariant.name}${SEPARATOR}${needle.name}` }));
}

/** What must not pass a wire, and the planted needle. */
export function needlesOnWires(world: World): ScanNeedle[] {
  const watched = INVARIANTS.filter((each) => each.alsoOnWires).flatMap((each) => needlesOf(each, world));
  return [...watched, { ...world.needles.planted, name: `planted${SEPARATOR}${world.needles.planted.name}` }];
}

/** Takes the two names apart again. */
export function namesIn(name: string): { readonly invariant: string; readonly needle: string } {
  const [invariant = '', needle = ''] = name.split(SEPARATOR);
  return { invariant, needle };
}
