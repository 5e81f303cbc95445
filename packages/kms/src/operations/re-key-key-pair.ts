import type { OperationHandler } from '@vcryptsim/kmip-lite/server';
import type { KeyId } from '@vcryptsim/ports';
import { linkedIdentifier, withValue } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import { stateAt } from '../objects/state-machine.js';
import { KmsError } from '../terms/errors.js';
import { generatePair, halves, kindOf, linkedPair } from './create-key-pair.js';
import { type Call, type OperationContext, ownObject, refuseArchived } from './operation-context.js';
import { inherited, withLink, withoutNames } from './re-key.js';

/**
 * Re-key Key Pair (KMIP 1.1 section 4.5): a replacement for both halves, which takes over their names, with links both
 * ways. All four objects become durable together.
 */
export const reKeyKeyPair: OperationHandler<'ReKeyKeyPair', OperationContext> = async (request, call) => {
  const { context } = call;
  const old = oldPair(request.uniqueIdentifier, call);
  const own = halves(request, call);
  const wanted = {
    privateKey: inherited(old.privateKey, own.privateKey, request.offset, call),
    publicKey: inherited(old.publicKey, own.publicKey, request.offset, call),
  };
  const kind = kindOf(wanted.privateKey);
  const pair = await generatePair(kind, call);
  const nameless = { privateKey: withoutNames(wanted.privateKey), publicKey: withoutNames(wanted.publicKey) };
  const fresh = linkedPair(pair, kind, nameless, call);
  const replacement = (half: 'privateKey' | 'publicKey'): ManagedObject => {
    const names = wanted[half].filter((one) => one.name === 'Name');
    const attributes = withLink([...names, ...fresh[half].attributes], 'ReplacedObjectLink', old[half].id);
    return { ...fresh[half], attributes, state: stateAt({ state: 'PreActive', attributes }, call.nowMs) };
  };
  const replaced = (half: 'privateKey' | 'publicKey') => ({
    id: old[half].id,
    change: (newest: ManagedObject) => {
      const linked = withLink(withoutNames(newest.attributes), 'ReplacementObjectLink', fresh[half].id);
      return { ...newest, attributes: withValue(linked, 'Last Change Date', Math.floor(call.nowMs / 1000)) };
    },
  });
  await context.store.commit({
    added: [replacement('privateKey'), replacement('publicKey')],
    changed: [replaced('privateKey'), replaced('publicKey')],
  });
  for (const { id } of [fresh.privateKey, fresh.publicKey]) {
    context.events.emit({ type: 'KEY_CREATED', keyId: id, client: context.client });
  }
  return { privateKeyUniqueIdentifier: fresh.privateKey.id, publicKeyUniqueIdentifier: fresh.publicKey.id };
};

function oldPair(uniqueIdentifier: string, call: Call): { privateKey: ManagedObject; publicKey: ManagedObject } {
  const privateKey = ownObject(uniqueIdentifier, call);
  const publicId = linkedIdentifier(privateKey, 'PublicKeyLink');
  if (privateKey.type !== 'PrivateKey' || publicId === undefined) {
    throw new KmsError('WRONG_STATE', 'This object is not part of a key pair that can be re-keyed.');
  }
  const publicKey = ownObject(publicId as KeyId, call);
  for (const half of [privateKey, publicKey]) {
    refuseArchived(half);
    if (!half.material) throw new KmsError('WRONG_STATE', 'A destroyed key is not re-keyed.');
  }
  return { privateKey, publicKey };
}
