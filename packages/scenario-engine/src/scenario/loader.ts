import {
  disksOf,
  type Lab,
  type LabNames,
  labProblems,
  labSchema,
  namesOf,
  pathSchema,
  plainText,
} from '@vcryptsim/lab';
import { FileError, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';
import { z } from 'zod';
import type { BindPlace } from '../language/binding.js';
import { nearestWord } from '../language/nearest-word.js';
import { ScenarioError, type ScenarioProblem } from '../language/problem.js';
import { checkValue } from '../language/schema-problems.js';
import { YamlSource } from '../language/yaml-source.js';
import { bindSteps } from './bind-steps.js';
import type { BoundSteps } from './bound-steps.js';
import { planProblems } from './check-plan.js';
import { withMadeNames } from './made-names.js';
import type { Scenario } from './scenario.js';
import { type Topology, withAbsolutePaths } from './topology.js';

/** Room for a lab of as many VMs as one may have. */
const SCENARIO_BYTES_MAX = 8 * 1024 * 1024;
/** Files that one scenario can be put together from. Each is read and bound once, however often it is used. */
const PARTS_MAX = 100;

/** A scenario file, but for its steps and its lab. */
export const scenarioSchema = z.strictObject({
  name: plainText(120),
  about: plainText(2_000),
  seed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  /** A part that brings the lab. */
  use: pathSchema.optional(),
  lab: z.unknown().optional(),
  steps: z.array(z.unknown()).min(1, 'a scenario has at least one step'),
});

/** A topology file. */
export const topologySchema = scenarioSchema.omit({ steps: true });

/** A part, which scenarios use. */
export const partSchema = z.strictObject({
  about: plainText(2_000),
  lab: z.unknown().optional(),
  steps: z.array(z.unknown()).optional(),
});

/** Characters of a wrong path that are shown. */
const NAME_SHOWN = 80;

/** A part that was read: its content, and where each word of it is. */
interface Part {
  readonly value: z.output<typeof partSchema>;
  readonly source: YamlSource;
}

/** A lab, and where it was found. */
interface FoundLab {
  readonly lab: Lab;
  readonly value: unknown;
  readonly source: YamlSource;
}

/** Where a scenario is read from. */
export interface LoadOptions {
  readonly files: FileSystem;
  /** Absolute path. */
  readonly path: string;
  /** The path to print in problems: as the user gave it. */
  readonly shownAs: string;
}

/** Reads one file of the language and its parts. */
export class Loader {
  readonly #options: LoadOptions;
  #source: YamlSource | null = null;
  readonly #problems: ScenarioProblem[] = [];
  readonly #parts = new Map<string, Part>();
  /** Steps of the parts that were bound; the names of a lab are the same wherever a part is used. */
  readonly #bound = new Map<string, BoundSteps>();
  /** Parts whose steps are being bound, the outermost first: one that comes up again is a circle. */
  readonly #open: string[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  /** Says whether the file holds a topology: it has a lab, and no steps. @throws FileError */
  async isTopology(): Promise<boolean> {
    const source = await this.#read();
    if (source.syntaxProblems().length > 0) return false;
    const value = source.value();
    return typeof value === 'object' && value !== null && !('steps' in value) && ('lab' in value || 'use' in value);
  }

  /** The file as a scenario: all of it, ready to be run. */
  async scenario(): Promise<Scenario> {
    const { path, shownAs } = this.#options;
    const source = await this.#read();
    this.#stopAt(source.syntaxProblems());
    const value = source.value();
    const top = checkValue(scenarioSchema, value, source, []);
    if ('problems' in top) this.#problems.push(...top.problems);
    // A wrong word at the top does not hide what is wrong further down.
    const rest = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
    const found = await this.#lab(rest, source);
    const lab = found?.lab ?? null;
    const list = Array.isArray(rest.steps) ? rest.steps : [];
    const bind = (names: LabNames | undefined) =>
      bindSteps(list, { source, path: ['steps'], names }, (name, at) => this.#stepsOfPart(name, at));
    // Once to learn which names the steps make, then against all that there are.
    const made = await bind(undefined);
    this.#bound.clear();
    const names = lab && withMadeNames(namesOf(lab), made.steps);
    if (found && names) this.#problems.push(...policyProblems(found, names));
    const bound = names === null ? made : await bind(names);
    this.#stopAt(bound.problems);
    if ('problems' in top || lab === null) throw this.#error();
    this.#stopAt(planProblems(lab, bound.steps));
    const { name, about, seed = null } = top.value;
    return { file: shownAs, name, about, seed, lab, folder: folderOf(path), steps: bound.steps };
  }

  /** The file as a topology: a lab without steps. */
  async topology(): Promise<Topology> {
    const { path } = this.#options;
    const source = await this.#read();
    this.#stopAt(source.syntaxProblems());
    const value = source.value();
    const top = checkValue(topologySchema, value, source, []);
    if ('problems' in top) this.#problems.push(...withoutSteps(top.problems, value, source));
    const rest = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
    const found = await this.#lab(rest, source);
    if (found) this.#problems.push(...policyProblems(found, namesOf(found.lab)));
    if ('problems' in top || found === null || this.#problems.length > 0) throw this.#error();
    const { name, about, seed = null } = top.value;
    const folder = folderOf(path);
    return { name, about, seed, lab: found.lab, source: withAbsolutePaths(found.value, folder), folder };
  }

  /** A file with thousands of VMs takes a while to be parsed: it is done once. */
  async #read(): Promise<YamlSource> {
    const { files, path, shownAs } = this.#options;
    this.#source ??= new YamlSource(shownAs, await readText(files, path));
    return this.#source;
  }

  async #lab(top: Readonly<Record<string, unknown>>, source: YamlSource) {
    if (typeof top.use === 'string' && top.lab === undefined) {
      const place: BindPlace = { source, path: [], names: undefined };
      const part = await this.#part(top.use, { ...place, path: ['use'] });
      if (part === null) return null;
      if (part.value.lab === undefined) {
        this.#problems.push(source.problemAt(['use'], `${top.use} has no lab`));
        return null;
      }
      return this.#checkLab(part.value.lab, part.source);
    }
    if (top.use !== undefined && top.lab !== undefined) {
      this.#problems.push(source.problemAtKey([], 'use', "'use' and 'lab' both bring a lab; keep one of them"));
    }
    return this.#checkLab(top.lab ?? {}, source);
  }

  #checkLab(value: unknown, source: YamlSource): FoundLab | null {
    const checked = checkValue(labSchema, value, source, ['lab']);
    if ('problems' in checked) {
      this.#problems.push(...checked.problems);
      return null;
    }
    const lab = checked.value;
    for (const { path, message, unknown } of labProblems(lab)) {
      const nearest = unknown && nearestWord(unknown.word, unknown.known);
      this.#problems.push(source.problemAt(['lab', ...path], message, nearest));
    }
    return { lab, value, source };
  }

  async #stepsOfPart(name: string, place: BindPlace): Promise<BoundSteps> {
    const known = this.#bound.get(name);
    if (known !== undefined) return known;
    const at = { ...place, path: [...place.path, 'use'] };
    if (this.#open.includes(name)) {
      const circle = [...this.#open.slice(this.#open.indexOf(name)), name].join(' uses ');
      return { steps: [], problems: [place.source.problemAt(at.path, `parts use each other in a circle: ${circle}`)] };
    }
    const part = await this.#part(name, at);
    if (part === null) return { steps: [], problems: [] };
    const inside: BindPlace = { source: part.source, path: ['steps'], names: place.names };
    this.#open.push(name);
    const { steps, problems } = await bindSteps(part.value.steps ?? [], inside, (deeper, there) =>
      this.#stepsOfPart(deeper, there),
    );
    this.#open.pop();
    // Its mistakes are told once, where it is used first.
    this.#bound.set(name, { steps, problems: [] });
    return { steps, problems };
  }

  /** Reads a part; its name is a path below the folder of the scenario, wherever it is used from. */
  async #part(name: string, place: BindPlace): Promise<Part | null> {
    const read = this.#parts.get(name);
    if (read !== undefined) return read;
    const fail = (message: string): null => {
      this.#problems.push(place.source.problemAt(place.path, message));
      return null;
    };
    const shown = name.length > NAME_SHOWN ? `${name.slice(0, NAME_SHOWN)}...` : name;
    if (!pathSchema.safeParse(name).success) return fail(`'use' needs the path of a part, as parts/one-host.yaml`);
    if (this.#parts.size >= PARTS_MAX) return fail(`this scenario uses more than ${PARTS_MAX} parts, the limit`);
    const path = resolveBeside(folderOf(this.#options.path), name);
    if (path === null) return fail(`'${shown}' is not a path below the scenario's folder, as parts/one-host.yaml`);
    let text: string;
    try {
      text = await readText(this.#options.files, path);
    } catch (error) {
      if (error instanceof FileError) return fail(`the part '${shown}' cannot be read (${error.code})`);
      throw error;
    }
    const source = new YamlSource(name, text);
    const wrong = source.syntaxProblems();
    if (wrong.length > 0) {
      this.#problems.push(...wrong);
      return null;
    }
    const checked = checkValue(partSchema, source.value(), source, []);
    if ('problems' in checked) {
      this.#problems.push(...checked.problems);
      return null;
    }
    const part = { value: checked.value, source };
    this.#parts.set(name, part);
    return part;
  }

  #stopAt(problems: readonly ScenarioProblem[]): void {
    this.#problems.push(...problems);
    if (this.#problems.length > 0) throw this.#error();
  }

  #error(): ScenarioError {
    return new ScenarioError(this.#problems);
  }
}

/** Storage policies of VMs that neither the lab nor a step makes. */
function policyProblems({ lab, source }: FoundLab, { policies }: LabNames): ScenarioProblem[] {
  const known = new Set(policies);
  return Object.entries(lab.vms).flatMap(([name, vm]) => {
    const own = disksOf(vm).map(({ policy }, index) => ({
      policy,
      path: ['lab', 'vms', name, 'disks', index, 'policy'],
    }));
    return [{ policy: vm.policy, path: ['lab', 'vms', name, 'policy'] }, ...own].flatMap(({ policy, path }) => {
      if (policy === undefined || known.has(policy)) return [];
      const message = `storage policy '${policy}' is not in this lab; known: ${policies.join(', ')}`;
      return [source.problemAt(path, message, nearestWord(policy, policies))];
    });
  });
}

/** A path below `folder`, or null for one that leaves it. */
function resolveBeside(folder: string, name: string): string | null {
  const parts = name.split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..') ? null : `${folder}/${name}`;
}

/** Says of a scenario what it is, in place of its one unknown word. */
function withoutSteps(problems: readonly ScenarioProblem[], value: unknown, source: YamlSource): ScenarioProblem[] {
  if (typeof value !== 'object' || value === null || !('steps' in value)) return [...problems];
  const says = 'this file has steps, so it is a scenario; run it with: vcryptsim run FILE';
  return [source.problemAtKey([], 'steps', says), ...problems.filter(({ message }) => !message.includes("'steps'"))];
}

/** @throws FileError */
export async function readText(files: FileSystem, path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(files, path, SCENARIO_BYTES_MAX));
}
