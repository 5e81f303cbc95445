import { type FileSystem, type KeyId, readWhole } from '@vcryptsim/ports';
import type { ManagedObject } from '../../../packages/kms/src/objects/managed-object.js';
import { wholeMaterials } from '../../../packages/kms/test/support/frames.js';
import { keyOf, openStore } from '../../../packages/kms/test/support/world.js';
import { must } from '../scenario.js';
import { stepsScenario } from '../support/steps-scenario.js';

const JOURNAL = '/kms/store/journal';
const JOURNAL_BYTES_MAX = 2 ** 24;
const IDS = ['a', 'b', 'c'] as readonly string[] as readonly KeyId[];

/** One thing that an administrator or a client does with a key. */
type Step = readonly [id: string, 'create' | Partial<ManagedObject>];
const ACTIVE = { state: 'Active' } as const;
const REVOKED = { state: 'Compromised' } as const;
const STEPS: readonly Step[] = [
  ['a', 'create'],
  ['a', ACTIVE],
  ['b', 'create'],
  ['b', { state: 'Destroyed', material: null }],
  ['a', REVOKED],
  ['c', 'create'],
  ['c', ACTIVE],
  ['a', { state: 'DestroyedCompromised', material: null }],
];
/** Keys whose end was answered with this step. */
const DESTROYED: readonly (readonly [id: string, steps: number])[] = [
  ['b', 4],
  ['a', 8],
];

/**
 * Keys are created, activated, revoked and destroyed. What was answered is there in each start, and once it is started, the
 * material of a key that was destroyed can be read nowhere in the file.
 */
export const keyServer = stepsScenario({
  name: 'key-server',
  count: STEPS.length,
  prepare: (files) => files.mkdir('/kms'),
  open: async (files, start) => {
    const { store } = await openStore(files, start);
    return {
      change: async (step) => {
        const [id, what] = STEPS[step] ?? ['', {}];
        if (what === 'create') await store.add(keyOf(id, id.charCodeAt(0)));
        else await store.change(id as KeyId, (object) => ({ ...object, ...what }));
      },
      state: async () => IDS.map((id) => textOf(id, store.find(id))).join('; '),
      close: () => store.close(),
    };
  },
  lookAtFiles: async (files, steps) => {
    const whole = await materialsIn(files);
    for (const [id, end] of DESTROYED)
      must(steps < end || !whole.includes(id), () => `the material of ${id}, which was destroyed, is still there`);
  },
});

function textOf(id: KeyId, object: ManagedObject | undefined): string {
  if (object === undefined) return `${id} none`;
  const first = object.material?.use((bytes) => bytes.every((byte) => byte === id.charCodeAt(0))) ?? 'no material';
  return `${id} ${object.version} ${object.state} ${first}`;
}

async function materialsIn(files: FileSystem): Promise<readonly string[]> {
  return wholeMaterials(await readWhole(files, JOURNAL, JOURNAL_BYTES_MAX));
}
