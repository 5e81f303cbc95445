import { cloneVm } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { vmNamed } from '../named.js';
import { operationStep } from '../operation/operation-step.js';
import { folderWord } from '../operation/word.js';
import { cryptoWord, policyWord } from './reconfigure.js';
import { maybeSnapshotWord, snapshotNamed } from './snapshot-word.js';

/**
 * `vm.clone`: makes a copy of a VM, full or linked, with the same keys unless others are asked for (CloneVM_Task). Its disks
 * hold what those of the source hold, or held at the snapshot on which a linked clone rests.
 */
export const vmClone = operationStep(cloneVm, {
  example: 'vm.clone: { vm: payroll, name: payroll-copy }',
  hidden: ['uuid'],
  words: {
    name: { field: 'name', schema: () => z.string().regex(/^[^/\p{Cc}]{1,80}$/u), resolve: (value) => value },
    folder: folderWord('vm'),
    policy: policyWord,
    crypto: cryptoWord,
    snapshot: maybeSnapshotWord,
  },
  lookUp: async (fields, world) => (fields.snapshot === undefined ? {} : snapshotNamed(fields, world)),
  makes: ({ name }) => [vmNamed(String(name))],
  facts: async (_, fields, { vms }) => {
    const [vm, copy] = [String(fields.vm), String(fields.name)];
    const base = fields.kind === 'linked' ? await vms.snapshot(vm, fields.snapshot?.toString()) : null;
    await vms.noteClone(vm, copy, base?.id ?? null);
    const kind = base === null ? 'a copy' : `a linked clone, on snapshot ${base.id},`;
    return [`${copy} is ${kind} of ${vm}.`];
  },
});
