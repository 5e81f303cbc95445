import { type Attribute, firstValue, type ObjectType, type TemplateAttribute } from '@vcryptsim/kmip-lite';
import { drawUuid, type KeyId } from '@vcryptsim/ports';
import { decodeAttributes } from '../objects/attribute-list.js';
import { hasState, sameValue, withInitial, withValue } from '../objects/attributes.js';
import type { KeyMaterial } from '../objects/key-material.js';
import type { ManagedObject, ObjectForm } from '../objects/managed-object.js';
import { isDestroyed, stateAt } from '../objects/state-machine.js';
import { bytesOf, indexedText } from '../store/object-directory.js';
import { KmsError } from '../terms/errors.js';
import { type Call, ownObjectsHaving, userOf } from './operation-context.js';
import { refuseOverQuota } from './refuse-over-quota.js';

/** An object that is about to be kept. */
export interface NewObject {
  readonly type: ObjectType;
  readonly form: ObjectForm;
  readonly material: KeyMaterial | null;
  /** What the client wants and what follows from the object itself. */
  readonly attributes: readonly Attribute[];
}

/**
 * Attributes that a client wants for a new object: those of the templates it names, then its own, which take the place
 * of a template's where there may be one only (KMIP 1.1 section 2.1.8).
 *
 * @throws KmsError TEMPLATE_NOT_FOUND, ATTRIBUTE_INVALID, ATTRIBUTE_READ_ONLY, INDEX_OUT_OF_BOUNDS
 */
export function wantedAttributes(
  template: TemplateAttribute | undefined,
  call: Call,
  more: readonly Attribute[] = [],
): Attribute[] {
  const own = [...(template?.attributes ?? []), ...more];
  const inherited = (template?.templateNames ?? []).flatMap((name) => templateContent(name.value, call));
  const kept = inherited.filter((one) => !own.some((other) => other.name === one.name));
  const { quotas } = call.context;
  return [...kept, ...own].reduce<Attribute[]>((list, one) => withInitial(list, one, quotas), []);
}

/**
 * Gives a new object its identifier, dates, owner and state.
 *
 * @throws KmsError NAME_TAKEN when another living object of this client has one of its names; QUOTA_OBJECTS, QUOTA_BYTES
 */
export function makeObject(o: NewObject, call: Call): ManagedObject {
  const { context, nowMs } = call;
  const seconds = Math.floor(nowMs / 1000);
  refuseTakenNames(o, call);
  refuseOverQuota(call, 1, bytesOf(o));
  const dated = withValue(withValue(o.attributes, 'Initial Date', seconds), 'Last Change Date', seconds);
  return {
    ...o,
    id: drawUuid(context.entropy, 'unique identifier') as KeyId,
    owner: context.client,
    user: userOf(call.credential),
    state: hasState(o.type) ? stateAt({ state: 'PreActive', attributes: dated }, nowMs) : 'PreActive',
    version: 1,
    attributes: withValue(dated, 'Fresh', firstValue('Fresh', dated) ?? true),
  };
}

/** The attributes that a template of this client brings. */
function templateContent(name: string, call: Call): Attribute[] {
  for (const object of ownObjectsHaving('Name', name, call)) {
    call.context.work?.spend(1);
    if (object.type !== 'Template' || !object.material) continue;
    return object.material.use((bytes) => decodeAttributes(Uint8Array.from(bytes)));
  }
  throw new KmsError('TEMPLATE_NOT_FOUND', 'There is no such template.');
}

function refuseTakenNames(o: NewObject, call: Call): void {
  const names = o.attributes.filter((one) => one.name === 'Name');
  for (const name of names) {
    const text = indexedText('Name', name.value);
    for (const other of text === undefined ? [] : ownObjectsHaving('Name', text, call)) {
      call.context.work?.spend(1);
      const isSame = other.attributes.some((one) => one.name === 'Name' && sameValue(name.value, one.value));
      if (isSame && !isDestroyed(other.state)) throw new KmsError('NAME_TAKEN', 'Another object has this name.');
    }
  }
}
