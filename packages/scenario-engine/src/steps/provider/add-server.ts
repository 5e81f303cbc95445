import { type KmipServerSpec, oneOf } from '@vcryptsim/lab';
import { registerKmipServer } from '@vcryptsim/lab/catalogue';
import { operationStep } from '../operation/operation-step.js';

/** `provider.add-server`: adds a key server of the lab to a key provider, which is made if it is new (RegisterKmipServer). */
export const providerAddServer = operationStep(registerKmipServer, {
  example: 'provider.add-server: { server: kms-2, provider: corp-kms }',
  main: 'server',
  words: {
    providerId: { field: 'provider', schema: () => oneOf(undefined), resolve: (value) => value },
    server: {
      field: 'server',
      schema: (names) => oneOf(names?.nodes),
      uses: (name) => [{ kind: 'nodes', name: String(name) }],
      resolve: (value) => ({ name: String(value), address: { name: String(value) } }) as KmipServerSpec['server'],
    },
  },
});
