import { makeFolders, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { ScenarioError } from '../../src/language/problem.js';
import { loadScenario } from '../../src/scenario/load-scenario.js';

/** A scenario without mistakes; its last step is in line 9. */
export const GOOD = `name: n
about: a
lab:
  kms: { provider: corp-kms, nodes: [kms-1, kms-2] }
  hosts: [esx-1]
  vms:
    payroll: { host: esx-1, disk: 64MiB }
steps:
  - vm.create: payroll
    expect: { vm.payroll.state: unlocked }
`;

/** Loads a scenario from memory, with its parts in `parts/`. */
export async function load(text: string, parts: Readonly<Record<string, string>> = {}) {
  const files = new MemoryFileSystem();
  await makeFolders(files, '/s/parts');
  const put = (path: string, content: string) => replaceFile(files, path, new TextEncoder().encode(content));
  await put('/s/x.yaml', text);
  for (const [name, content] of Object.entries(parts)) await put(`/s/parts/${name}`, content);
  return loadScenario({ files, path: '/s/x.yaml', shownAs: 'x.yaml' });
}

/** Every line of what is wrong with a scenario; none for a good one. */
export async function problemsOf(text: string, parts: Readonly<Record<string, string>> = {}): Promise<string[]> {
  try {
    await load(text, parts);
  } catch (error) {
    if (error instanceof ScenarioError) return error.message.split('\n');
    throw error;
  }
  return [];
}
