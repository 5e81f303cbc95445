import { type Lab, namesOf } from '@vcryptsim/lab';
import { nearestWord } from '../language/nearest-word.js';
import { isName } from '../steps/lab-arguments.js';
import { KIND_WORDS, type Named, type NameKind } from '../steps/named.js';
import type { PlannedStep } from './scenario.js';

/** How a problem is told: a sentence without its full stop, and the word that was probably meant. */
type Tell = (message: string, nearest?: string | null) => void;

/** Names that are listed when one is not known. */
const KNOWN_SHOWN = 10;
/** How a thing of each kind is made. */
const MAKERS: Partial<Record<NameKind, string>> = {
  vms: 'vm.create',
  hosts: 'host.add',
  clusters: 'cluster.create',
  users: 'user.add',
  roles: 'role.add',
  policies: 'policy.create',
};

type Names = Readonly<Record<NameKind, Map<string, PlannedStep | null>>>;

/** What is there between two steps of a scenario, by name: what the lab has, and what the steps before made. */
export class Symbols {
  readonly #there: Names;
  readonly #dropped: Map<string, PlannedStep>;

  constructor(lab: Lab | Symbols) {
    if (lab instanceof Symbols) {
      const maps = Object.entries(lab.#there).map(([kind, names]) => [kind, new Map(names)]);
      this.#there = Object.fromEntries(maps) as Names;
      this.#dropped = new Map(lab.#dropped);
      return;
    }
    this.#dropped = new Map();
    const { vms: _, labVms: __, labHosts: ___, ...names } = namesOf(lab);
    // The VMs of a lab are there when a step has created them.
    const kinds = Object.entries({ ...names, vms: [] as readonly string[] });
    const maps = kinds.map(([kind, each]) => [kind, new Map(each.map((name) => [name, null] as const))]);
    this.#there = Object.fromEntries(maps) as Names;
  }

  /** The same names, which then go their own way. */
  copy(): Symbols {
    return new Symbols(this);
  }

  /** Tells of a thing that is not there. A path or a reference is looked up when the step is taken. */
  refuseMissing(named: Named, tell: Tell): void {
    if (!isName(named.name)) return;
    const there = this.#there[named.kind];
    if (!there.has(named.name)) tell(this.#whyMissing(named), nearestWord(named.name, [...there.keys()]));
  }

  #whyMissing(named: Named): string {
    const { kind, name } = named;
    const what = KIND_WORDS[kind];
    const dropped = this.#dropped.get(keyOf(named));
    if (dropped) return `${what} '${name}' is gone since ${dropped.file}:${dropped.line}`;
    if (kind === 'vms') return `VM '${name}' is used before it is created; put 'vm.create: ${name}' first`;
    const maker = MAKERS[kind];
    const shown = [...this.#there[kind].keys()].slice(0, KNOWN_SHOWN).join(', ') || 'none';
    const next = maker === undefined ? '' : `; make it first: '${maker}: ${name}'`;
    return `${what} '${name}' is not there yet; known: ${shown}${next}`;
  }

  /** Takes note of what a step makes; tells of a VM that is there already. */
  make(named: Named, step: PlannedStep, tell: Tell): void {
    const there = this.#there[named.kind];
    const first = there.get(named.name);
    const isTwin = first?.action.plan.makes?.some(({ name, place }) => name === named.name && place === named.place);
    if (named.kind === 'vms' && first && isTwin) {
      tell(`VM '${named.name}' is created twice, first in ${first.file}:${first.line}`);
    }
    if (!first) there.set(named.name, step);
  }

  drop(named: Named, step: PlannedStep): void {
    this.#there[named.kind].delete(named.name);
    this.#dropped.set(keyOf(named), step);
  }
}

function keyOf({ kind, name }: Named): string {
  return `${kind} ${name}`;
}
