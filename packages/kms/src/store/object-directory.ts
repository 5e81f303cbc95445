import { attributeText, type Item, Tag, textOf } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import { valueBytes } from '../objects/attributes.js';
import type { ManagedObject } from '../objects/managed-object.js';
import type { ClientName } from '../terms/client-name.js';

/** Attributes by whose text objects are found without looking at others. */
export type IndexedAttribute = 'Name' | 'Object Group';

interface Owned {
  objects: Map<KeyId, ManagedObject>;
  readonly byText: Readonly<Record<IndexedAttribute, Map<string, Set<KeyId>>>>;
}

// Heads of TTLV items; an identifier, an owner, a state and a seal.
const ATTRIBUTE_BYTES = 40;
const RECORD_BYTES = 160;

const INDEXED: readonly IndexedAttribute[] = ['Name', 'Object Group'];

/** Objects by identifier, by owner in the order in which they came, and each owner's by name and by group. */
export class ObjectDirectory extends Map<KeyId, ManagedObject> {
  readonly #owned = new Map<ClientName, Owned>();
  /** Which object came first; kept while one is away. */
  readonly #places = new Map<KeyId, number>();
  #last = 0;
  #isOutOfOrder = false;

  override set(id: KeyId, object: ManagedObject): this {
    const before = this.get(id);
    super.set(id, object);
    if (!before && this.#placeOf(id) !== this.#last) this.#isOutOfOrder = true;
    const owned = this.#of(object.owner);
    owned.objects.set(id, object);
    for (const name of INDEXED) {
      const [old, now] = [before ? textsOf(before, name) : [], textsOf(object, name)];
      for (const text of old) if (!now.includes(text)) forget(owned.byText[name], text, id);
      for (const text of now) if (!old.includes(text)) note(owned.byText[name], text, id);
    }
    return this;
  }

  /** Takes an object away, which keeps its place: it may come back. */
  override delete(id: KeyId): boolean {
    const object = this.get(id);
    if (!object) return false;
    const owned = this.#of(object.owner);
    for (const name of INDEXED) for (const text of textsOf(object, name)) forget(owned.byText[name], text, id);
    owned.objects.delete(id);
    return super.delete(id);
  }

  /** Keeps a place for an object that is to come. */
  reserve(id: KeyId): void {
    this.#placeOf(id);
  }

  /** All objects, oldest first; to be gone through at once. */
  override values(): MapIterator<ManagedObject> {
    this.#restoreOrder();
    return super.values();
  }

  override clear(): void {
    super.clear();
    this.#owned.clear();
    this.#places.clear();
  }

  /** One client's objects, oldest first. */
  ownedBy(owner: ClientName): Iterable<ManagedObject> {
    this.#restoreOrder();
    return this.#owned.get(owner)?.objects.values() ?? [];
  }

  /** One client's objects with that text in that attribute, oldest first. */
  having(owner: ClientName, name: IndexedAttribute, text: string): readonly ManagedObject[] {
    const owned = this.#owned.get(owner);
    const ids = [...(owned?.byText[name].get(text) ?? [])];
    if (ids.length > 1) ids.sort((a, b) => this.#placeOf(a) - this.#placeOf(b));
    return ids.flatMap((id) => owned?.objects.get(id) ?? []);
  }

  #placeOf(id: KeyId): number {
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#places.set(id, this.#last);
    return this.#last;
  }

  /** Maps tell what came in last at their end: objects that came back go to their old places. */
  #restoreOrder(): void {
    if (!this.#isOutOfOrder) return;
    this.#isOutOfOrder = false;
    const all = [...super.values()].sort((a, b) => this.#placeOf(a.id) - this.#placeOf(b.id));
    super.clear();
    // A new map each: whoever goes through the old one, with pauses, goes on there and meets nothing twice.
    for (const owned of this.#owned.values()) owned.objects = new Map();
    for (const object of all) {
      super.set(object.id, object);
      this.#of(object.owner).objects.set(object.id, object);
    }
  }

  #of(owner: ClientName): Owned {
    const known = this.#owned.get(owner);
    if (known) return known;
    const made: Owned = { objects: new Map(), byText: { Name: new Map(), 'Object Group': new Map() } };
    this.#owned.set(owner, made);
    return made;
  }
}

/** Bytes that an object takes: its material, its attributes, and what a record holds beside them. */
export function bytesOf({ attributes, material }: Pick<ManagedObject, 'attributes' | 'material'>): number {
  let sum = RECORD_BYTES + (material?.lengthBytes ?? 0);
  for (const { name, value } of attributes) sum += ATTRIBUTE_BYTES + name.length + valueBytes(value);
  return sum;
}

/** Text by which an attribute is indexed; undefined for a value of another shape, as old stores may hold it. */
export function indexedText(
  name: IndexedAttribute,
  value: ManagedObject['attributes'][number]['value'],
): string | undefined {
  if (name === 'Object Group') return attributeText({ name, value });
  const field = value.type === 'Structure' ? value.items.find((one: Item) => one.tag === Tag.NameValue) : undefined;
  return field?.type === 'TextString' ? textOf(field.utf8) : undefined;
}

function textsOf({ attributes }: ManagedObject, name: IndexedAttribute): string[] {
  const texts: string[] = [];
  for (const one of attributes) {
    const text = one.name === name ? indexedText(name, one.value) : undefined;
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

function note(index: Map<string, Set<KeyId>>, text: string, id: KeyId): void {
  const ids = index.get(text);
  if (ids) ids.add(id);
  else index.set(text, new Set([id]));
}

function forget(index: Map<string, Set<KeyId>>, text: string, id: KeyId): void {
  const ids = index.get(text);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(text);
}
