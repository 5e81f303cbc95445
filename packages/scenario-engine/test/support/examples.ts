// Puts an example of the language where it belongs, in a scenario that is otherwise good.
import { EXPECTATIONS } from '../../src/expectations/registry.js';
import { BESIDE_WORDS, FILE_WORDS } from '../../src/scenario/structure-words.js';
import { STEPS } from '../../src/steps/registry.js';
import { problemsOf } from './scenario-texts.js';

/** The machines that examples speak of. */
const LAB = `lab:
  kms: { provider: corp-kms, nodes: [kms-1, kms-2] }
  hosts: [esx-1, esx-2, esx-3]
  vms:
    payroll: { host: esx-1, disk: 64MiB }
    web: { host: esx-2, disk: 1MiB, policy: Datastore Default }
`;
const PARTS = {
  'one-small-vm.yaml': `about: a\n${LAB}`,
  'write-read-compare.yaml': 'about: a\nsteps:\n  - vm.digest: payroll\n',
};

/** What a lint has against an example; none for a good one. */
export async function exampleProblems(kind: { readonly example: string }): Promise<readonly string[]> {
  return problemsOf(scenarioWith(kind), PARTS);
}

function scenarioWith(kind: { readonly example: string }): string {
  const { example } = kind;
  const steps = (list: string) => `name: n\nabout: a\n${LAB}steps:\n${list}`;
  if (FILE_WORDS.some((each) => each.example === example)) {
    const word = example.slice(0, example.indexOf(':'));
    const rest = { name: 'name: n\n', about: 'about: a\n', lab: LAB, steps: 'steps: [{ wait: 1s }]\n' };
    const others = Object.entries(rest).filter(([each]) => each !== word && !(word === 'use' && each === 'lab'));
    return `${others.map(([, text]) => text).join('')}${example}\n`;
  }
  const isBeside = BESIDE_WORDS.some((each) => each.example === example);
  const isExpected = EXPECTATIONS.some((each) => each.example === example);
  if (isBeside) return steps(`${before('')}  - wait: 1s\n    ${example}\n`);
  if (isExpected) return steps(`${before('')}  - wait: 1s\n    expect:\n      ${example}\n`);
  // One of them goes before another step.
  return steps(`${before(example)}  - ${example}\n  - wait: 1s\n`);
}

/** Verbs that make what other examples speak of; one needs only what is made by those before it. */
const MAKERS = ['user.add', 'role.add', 'policy.create', 'cluster.create', 'permission.set'];

/** Steps that make what an example needs: the examples of those verbs, up to its own. */
function before(example: string): string {
  const made = MAKERS.flatMap((verb) => STEPS.find((kind) => kind.verb === verb)?.example ?? []);
  const all = ['vm.create: payroll', 'vm.create: web', ...made];
  const own = all.indexOf(example);
  return (own < 0 ? all : all.slice(0, own)).map((each) => `  - ${each}\n`).join('');
}
