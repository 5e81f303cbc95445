import type { BatchResult } from '@vcryptsim/kmip-lite/client';
import { KEK_LENGTH_BITS } from '@vcryptsim/vcenter/conversation';
import type { Check } from '../check.js';
import { pass } from '../finding.js';
import type { ServerUnderCheck } from '../server-under-check.js';
import { spelled } from '../spelling.js';
import { Trouble } from '../trouble.js';

/** What hosts need: the key itself, in clear inside TLS. */
export const getKey: Check = {
  name: 'get-key',
  about: 'Get by Unique Identifier alone answers a Raw AES-256 symmetric key in clear.',
  needs: ['create-key'],
  consequence: 'cannot hand the key to a host, so the VM cannot be made or unlocked.',
  async run(server) {
    const { firstKey: uniqueIdentifier } = server;
    await server.converse((session) =>
      session.exchange([{ operation: 'Get', payload: { uniqueIdentifier } }], ([result]) => look(server, result)),
    );
    return pass('A Raw AES key of 256 bits.');
  },
};

// Runs while the frame is there; afterwards it is zeroed.
function look(server: ServerUnderCheck, result: BatchResult | undefined): void {
  const wrong = (field: string, says: string) => new Trouble({ message: 'Get', field }, says, 'UNUSABLE');
  if (result?.status !== 'Success' || result.operation !== 'Get') {
    const failed = result !== undefined && 'reason' in result ? result : undefined;
    const words = failed?.resultMessage === undefined ? '' : `: ${failed.resultMessage}`;
    const says = `It failed with ${spelled(failed?.reason ?? 'no answer')}${words}.`;
    throw new Trouble({ message: 'Get', field: 'Result Reason' }, says, failed?.reason ?? 'NotAnswered');
  }
  const { object } = result.payload;
  if (object.objectType !== 'SymmetricKey') throw wrong('Object Type', `It is a ${spelled(object.objectType)}.`);
  const { keyFormatType, keyWrappingData, keyValue, cryptographicAlgorithm, cryptographicLength } = object.keyBlock;
  if (keyFormatType !== 'Raw') throw wrong('Key Format Type', `It is ${spelled(keyFormatType)}, not Raw.`);
  if (keyWrappingData !== undefined || keyValue instanceof Uint8Array)
    throw wrong('Key Wrapping Data', 'The key is wrapped.');
  const { keyMaterial } = keyValue;
  if (!(keyMaterial instanceof Uint8Array)) throw wrong('Key Material', 'It is not a Byte String.');
  if (cryptographicAlgorithm !== 'AES') {
    throw wrong('Cryptographic Algorithm', `It is ${cryptographicAlgorithm ?? 'missing'}, not AES.`);
  }
  if (cryptographicLength !== keyMaterial.length * 8) {
    const says = `It says ${cryptographicLength ?? 'nothing'}, and ${keyMaterial.length * 8} bits are there.`;
    throw wrong('Cryptographic Length', says);
  }
  if (cryptographicLength !== KEK_LENGTH_BITS) {
    throw wrong('Cryptographic Length', `The key has ${cryptographicLength} bits, not ${KEK_LENGTH_BITS}.`);
  }
  if (keyMaterial.every((byte) => byte === keyMaterial[0])) {
    throw wrong('Key Material', 'All its bytes are the same, so they are not random.');
  }
  if (!server.isSameKey(keyMaterial)) throw wrong('Key Material', 'It is another key than a moment ago.');
}
