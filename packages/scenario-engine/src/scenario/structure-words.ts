/** A word of the language that is no step and no expectation. */
export interface StructureWord {
  readonly word: string;
  /** One sentence for `scenario words` and the docs. */
  readonly about: string;
  /** YAML that uses it: lines of a file, of a step, or what stands beside a step. */
  readonly example: string;
}

/** A word in place of a verb. */
export interface HolderWord extends StructureWord {
  /** What may stand beside it, of {@link BESIDE_WORDS}. */
  readonly beside: readonly string[];
}

/** Words at the top of a file: of a scenario, a topology (which has no steps) or a part. */
export const FILE_WORDS: readonly StructureWord[] = [
  { word: 'name', about: 'The title of a scenario or a lab, at most 120 characters.', example: 'name: A lost key' },
  {
    word: 'about',
    about: 'What it shows, in a few sentences; a part has this one too.',
    example: 'about: Shows what locks when a key is lost.',
  },
  {
    word: 'seed',
    about: 'What chance is drawn from when the command line says no --seed; the same seed gives the same run.',
    example: 'seed: 42',
  },
  {
    word: 'use',
    about: 'Takes the lab of a part, a file below the folder of the scenario, in place of `lab`.',
    example: 'use: parts/one-small-vm.yaml',
  },
  {
    word: 'lab',
    about: 'What is there before the first step: key servers, hosts, and the VMs that steps can create.',
    example: 'lab: { hosts: [esx-1, esx-2], vms: { payroll: { host: esx-1, disk: 64MiB } } }',
  },
  {
    word: 'steps',
    about: 'What is done, one after the other. The first step that fails ends the run.',
    example: 'steps: [{ vm.create: payroll }, { vm.power-on: payroll }]',
  },
];

/** Words that stand in place of a verb and hold other steps. */
export const STRUCTURE_WORDS: readonly HolderWord[] = [
  {
    word: 'use',
    about: 'Takes the steps of a part, a file below the folder of the scenario.',
    example: 'use: parts/write-read-compare.yaml',
    beside: [],
  },
  {
    word: 'repeat',
    about: 'Takes its steps several times, one after the other.',
    example: 'repeat: { times: 3, steps: [{ host.reboot: esx-1 }, { wait: 10m }] }',
    beside: [],
  },
  {
    word: 'together',
    about:
      'Takes its steps side by side, and ends when all have ended. Each sees only what it caused itself; `expect` beside it sees all that happened meanwhile.',
    example: 'together: [{ vm.power-on: payroll }, { vm.power-on: web }]',
    beside: ['expect', 'quiz'],
  },
  {
    word: 'meanwhile',
    about:
      'Begins its steps, one after the other, beside the next step of the list, and waits for both. Each step sees only what it caused itself.',
    example: 'meanwhile: [{ wait: 10s }, { kms.stop: all }]',
    beside: ['expect', 'quiz'],
  },
];

/** Words beside a verb. */
export const BESIDE_WORDS: readonly StructureWord[] = [
  {
    word: 'expect',
    about: 'What must be so after the step, or must have happened in it. Without `error` the step must succeed.',
    example: 'expect: { vm.payroll.state: [poweredOn, unlocked], kmip: [] }',
  },
  {
    word: 'quiz',
    about: 'A question that the audience answers before the step is taken; `answer` is the number of the right choice.',
    example: 'quiz: { ask: Does it lock?, choices: ["Yes", "No"], answer: 2, why: The host has the key in memory. }',
  },
  {
    word: 'as',
    about: 'The user who takes the step; left out, the administrator.',
    example: 'as: administrator',
  },
  {
    word: 'via',
    about: 'How that user comes: by the web client (client, the default) or by the API (api).',
    example: 'via: api',
  },
  {
    word: 'vcenter',
    about: 'The vCenter that is asked; left out, the first one that knows what the step is about.',
    example: 'vcenter: vcenter',
  },
];
