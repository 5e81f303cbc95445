import { type KmipServerSpec, oneOf } from '@vcryptsim/lab';
import { retrieveKmipServerCert, uploadKmipServerCert } from '@vcryptsim/lab/catalogue';
import { z } from 'zod';
import { stepKind } from '../step-kind.js';

/**
 * `provider.trust-server`: an administrator looks at the certificate that a key server shows, and has vCenter trust it
 * (RetrieveKmipServerCert, UploadKmipServerCert).
 */
export const providerTrustServer = stepKind({
  verb: 'provider.trust-server',
  about: 'Has vCenter trust the certificate that a key server of a provider shows now.',
  example: 'provider.trust-server: { server: kms-2, provider: corp-kms }',
  mainField: 'server',
  args: (names) => z.strictObject({ server: oneOf(names?.nodes), provider: z.string() }),
  plan: ({ server }) => ({ uses: [{ kind: 'nodes', name: server }] }),
  run: async ({ server: name, provider }, { session }) => {
    const providerId = provider as KmipServerSpec['providerId'];
    const server = name as KmipServerSpec['server']['name'];
    const certificate = await session().call(retrieveKmipServerCert, null, { providerId, server });
    await session().call(uploadKmipServerCert, null, { providerId, server, certificate });
    return {};
  },
});
