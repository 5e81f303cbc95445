import { z } from 'zod';
import { YamlSource } from '../language/yaml-source.js';
import { Loader, type LoadOptions, readText } from './loader.js';
import type { Scenario } from './scenario.js';
import type { Topology } from './topology.js';

/**
 * Reads a scenario file and its parts, checks every word, and binds the steps.
 *
 * @throws ScenarioError with all problems that can be told at once, each with file, line, column and nearest word
 * @throws FileError when the scenario file itself cannot be read
 */
export async function loadScenario(options: LoadOptions): Promise<Scenario> {
  return new Loader(options).scenario();
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

/**
 * Reads a topology: a file with name, about, seed and lab, and no steps.
 *
 * @throws ScenarioError with all problems; FileError when the file itself cannot be read
 */
export async function loadTopology(options: LoadOptions): Promise<Topology> {
  return new Loader(options).topology();
}

/**
 * Reads a file that holds either, by what is in it.
 *
 * @throws as {@link loadScenario} and {@link loadTopology}
 */
export async function loadFile(
  options: LoadOptions,
): Promise<{ readonly scenario: Scenario } | { readonly topology: Topology }> {
  const loader = new Loader(options);
  if (await loader.isTopology()) return { topology: await loader.topology() };
  return { scenario: await loader.scenario() };
}
