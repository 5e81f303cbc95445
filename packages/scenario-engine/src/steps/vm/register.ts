import { registerVm } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { vmNamed } from '../named.js';
import { operationStep } from '../operation/operation-step.js';
import { folderWord, hostWord } from '../operation/word.js';

/** The VM is taken to be called as its VMX file is. */
const VMX_PATH = /^\[[^\]]+\] [^/]+\/([^/]+)\.vmx$/;

/** `vm.register`: registers a VM by the path of its VMX file, which names it (RegisterVM_Task). */
export const vmRegister = operationStep(registerVm, {
  example: "vm.register: { path: '[datastore1] payroll/payroll.vmx', host: esx-1 }",
  main: 'path',
  object: folderWord('vm'),
  words: {
    host: hostWord,
    vmxPath: {
      field: 'path',
      schema: () => z.string().regex(VMX_PATH, "a path is as '[datastore1] payroll/payroll.vmx'"),
      resolve: (path) => path,
    },
  },
  makes: ({ path }) => [vmNamed(VMX_PATH.exec(String(path))?.[1] ?? '')],
});
