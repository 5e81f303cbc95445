import { FileError, type FileSystem, folderOf, readWhole } from '@vcryptsim/ports';
import { z } from 'zod';
import type { BindPlace } from '../steps/step-kind.js';
import { type BoundSteps, bindSteps } from './bind-steps.js';
import { labSchema, namesOf } from './lab.js';
import { ScenarioError, type ScenarioProblem } from './problem.js';
import type { Scenario } from './scenario.js';
import { checkValue } from './schema-problems.js';
import { YamlSource } from './yaml-source.js';

const SCENARIO_BYTES_MAX = 1024 * 1024;
const PARTS_DEPTH_MAX = 8;

const scenarioSchema = z.strictObject({
  name: z.string().min(1),
  about: z.string().min(1),
  seed: z.int().nonnegative().optional(),
  /** A part that brings the lab. */
  use: z.string().optional(),
  lab: z.unknown().optional(),
  steps: z.array(z.unknown()).min(1, 'a scenario has at least one step'),
});

const partSchema = z.strictObject({
  about: z.string().min(1),
  lab: z.unknown().optional(),
  steps: z.array(z.unknown()).optional(),
});

/** Where a scenario is read from. */
export interface LoadOptions {
  readonly files: FileSystem;
  /** Absolute path. */
  readonly path: string;
  /** The path to print in problems: as the user gave it. */
  readonly shownAs: string;
}

/**
 * Reads a scenario file and its parts, checks every word, and binds the steps.
 *
 * @throws ScenarioError with all problems that can be told at once, each with file, line, column and nearest word
 * @throws FileError when the scenario file itself cannot be read
 */
export async function loadScenario(options: LoadOptions): Promise<Scenario> {
  return new Loader(options).load();
}

/** Says which scenario a file holds without binding its steps, or null when it holds none. */
export async function peekScenario(options: LoadOptions): Promise<{ name: string; about: string } | null> {
  const source = new YamlSource(options.shownAs, await readText(options.files, options.path));
  if (source.syntaxProblems().length > 0) return null;
  const peeked = z
    .object({ name: z.string(), about: z.string(), steps: z.array(z.unknown()) })
    .safeParse(source.value());
  return peeked.success ? { name: peeked.data.name, about: peeked.data.about } : null;
}

class Loader {
  readonly #options: LoadOptions;
  readonly #problems: ScenarioProblem[] = [];

  constructor(options: LoadOptions) {
    this.#options = options;
  }

  async load(): Promise<Scenario> {
    const { files, path, shownAs } = this.#options;
    const source = new YamlSource(shownAs, await readText(files, path));
    this.#stopAt(source.syntaxProblems());
    const value = source.value();
    const top = checkValue(scenarioSchema, value, source, []);
    if ('problems' in top) this.#problems.push(...top.problems);
    // A wrong word at the top does not hide what is wrong further down.
    const rest = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>;
    const lab = await this.#lab(rest, source);
    const names = lab === null ? undefined : namesOf(lab);
    const list = Array.isArray(rest.steps) ? rest.steps : [];
    const place: BindPlace = { source, path: ['steps'], names };
    const bound = await bindSteps(list, place, (name, at) => this.#stepsOfPart(name, at, 1));
    this.#stopAt(bound.problems);
    if ('problems' in top || lab === null) throw this.#error();
    const { name, about, seed = null } = top.value;
    return { file: shownAs, name, about, seed, lab, folder: folderOf(path), steps: bound.steps };
  }

  async #lab(top: Readonly<Record<string, unknown>>, source: YamlSource) {
    if (typeof top.use === 'string' && top.lab === undefined) {
      const place: BindPlace = { source, path: [], names: undefined };
      const part = await this.#part(top.use, place, 1);
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

  #checkLab(value: unknown, source: YamlSource) {
    const checked = checkValue(labSchema, value, source, ['lab']);
    if ('problems' in checked) {
      this.#problems.push(...checked.problems);
      return null;
    }
    const lab = checked.value;
    const strangers = Object.entries(lab.vms).filter(([, vm]) => !lab.hosts.includes(vm.host));
    for (const [name, vm] of strangers) {
      const message = `host '${vm.host}' is not in this lab; known: ${lab.hosts.join(', ')}`;
      this.#problems.push(source.problemAt(['lab', 'vms', name, 'host'], message));
    }
    return lab;
  }

  async #stepsOfPart(name: string, place: BindPlace, depth: number): Promise<BoundSteps> {
    const part = await this.#part(name, { ...place, path: [...place.path, 'use'] }, depth);
    if (part === null) return { steps: [], problems: [] };
    const inside: BindPlace = { source: part.source, path: ['steps'], names: place.names };
    return bindSteps(part.value.steps ?? [], inside, (deeper, at) => this.#stepsOfPart(deeper, at, depth + 1));
  }

  /** Reads a part; its name is a path below the folder of the scenario, wherever it is used from. */
  async #part(name: string, place: BindPlace, depth: number) {
    const fail = (message: string): null => {
      this.#problems.push(place.source.problemAt(place.path, message));
      return null;
    };
    if (depth > PARTS_DEPTH_MAX) return fail(`parts use parts more than ${PARTS_DEPTH_MAX} deep; is there a circle`);
    const path = resolveBeside(folderOf(this.#options.path), name);
    if (path === null) return fail(`'${name}' is not a path below the scenario's folder, as parts/one-host.yaml`);
    let text: string;
    try {
      text = await readText(this.#options.files, path);
    } catch (error) {
      if (error instanceof FileError) return fail(`the part '${name}' cannot be read (${error.code})`);
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
    return { value: checked.value, source };
  }

  #stopAt(problems: readonly ScenarioProblem[]): void {
    this.#problems.push(...problems);
    if (this.#problems.length > 0) throw this.#error();
  }

  #error(): ScenarioError {
    return new ScenarioError(this.#problems);
  }
}

/** A path below `folder`, or null for one that leaves it. */
function resolveBeside(folder: string, name: string): string | null {
  const parts = name.split('/');
  return parts.some((part) => part === '' || part === '.' || part === '..') ? null : `${folder}/${name}`;
}

async function readText(files: FileSystem, path: string): Promise<string> {
  return new TextDecoder().decode(await readWhole(files, path, SCENARIO_BYTES_MAX));
}
