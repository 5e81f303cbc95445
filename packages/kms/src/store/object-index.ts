import type { Wipe } from '@vcryptsim/durable-log';
import type { KeyId } from '@vcryptsim/ports';
import type { KeyMaterial } from '../objects/key-material.js';
import type { ManagedObject } from '../objects/managed-object.js';
import type { ClientName } from '../terms/client-name.js';
import { type Entry, type Frame, type MaterialCondition, type Place, wipedBytes } from './journal-format.js';
import { type IndexedAttribute, ObjectDirectory } from './object-directory.js';
import type { Usage } from './object-store.js';
import type { RootKey } from './root-key.js';
import type { PlacedObject } from './sealed-object.js';
import { checkOrder, openMaterial, openRecord, type RecordedObject } from './sealed-record.js';

/** An object's material as it is in the journal. */
interface HeldMaterial {
  readonly entry: Place;
  readonly material: Place;
  readonly condition: MaterialCondition;
}

/** What a frame holds, opened. */
export type OpenedEntry =
  | { readonly kind: 'object'; readonly object: RecordedObject; readonly entry: Place }
  | ({ readonly kind: 'material'; readonly id: KeyId; readonly key: KeyMaterial | null } & HeldMaterial);

/** Where the newest version and the material of each object are in a journal. */
export interface Places {
  readonly entries: Map<KeyId, Place>;
  readonly materials: Map<KeyId, HeldMaterial>;
}

/** What a journal's frames amount to: the newest version of each object, and where it and its material are. */
export class ObjectIndex {
  readonly #rootKey: RootKey;
  readonly #objects = new ObjectDirectory();
  /** Objects whose material was wiped before the record of their end came. */
  readonly #hidden = new Map<KeyId, RecordedObject>();
  readonly #usage = new Map<ClientName, { objects: number; bytes: number }>();
  /** Material that came before its object's record. */
  readonly #keys = new Map<KeyId, KeyMaterial>();
  #places: Places = { entries: new Map(), materials: new Map() };
  /** Materials of destroyed objects that are not overwritten yet. */
  #due = new Map<KeyId, HeldMaterial[]>();
  #liveBytes = 0;

  constructor(rootKey: RootKey) {
    this.#rootKey = rootKey;
  }

  get size(): number {
    return this.#objects.size;
  }

  /** How many objects have a version in the journal, and how many have material there. */
  get entries(): number {
    return this.#places.entries.size;
  }

  get materials(): number {
    return this.#places.materials.size;
  }

  /** Where the newest version of each object is, in the order in which the objects came. */
  entryPlaces(): Iterable<readonly [KeyId, Place]> {
    return this.#places.entries;
  }

  /** Bytes of the journal that matter still. */
  get liveBytes(): number {
    return this.#liveBytes;
  }

  find(id: KeyId): ManagedObject | undefined {
    return this.#objects.get(id);
  }

  objects(): Iterable<ManagedObject> {
    return this.#objects.values();
  }

  /** One client's objects, oldest first. */
  ownedBy(owner: ClientName): Iterable<ManagedObject> {
    return this.#objects.ownedBy(owner);
  }

  /** One client's objects with that text in that attribute, oldest first. */
  having(owner: ClientName, name: IndexedAttribute, text: string): readonly ManagedObject[] {
    return this.#objects.having(owner, name, text);
  }

  /** The newest version of an object, without its material; also of one that is not shown. */
  latest(id: KeyId): Pick<ManagedObject, 'version' | 'owner'> | undefined {
    return this.#hidden.get(id) ?? this.#objects.get(id);
  }

  /** How many objects a client has here, and how many bytes of the journal they take. */
  usageOf(owner: ClientName): Usage {
    return { objects: 0, bytes: 0, ...this.#usage.get(owner) };
  }

  /** An object that has lost its material without having been destroyed, if there is one. */
  get incomplete(): KeyId | null {
    for (const id of this.#hidden.keys()) return id;
    return null;
  }

  /**
   * Opens what a frame holds, and checks that its versions follow on those that are here; takes nothing yet.
   *
   * @throws KmsError STORE_DAMAGED
   */
  open(frame: Frame): OpenedEntry[] {
    const newest = new Map<KeyId, RecordedObject>();
    return frame.entries.map((entry) => {
      if (entry.kind === 'material') return this.#openMaterial(entry);
      const object = openRecord(this.#rootKey, entry.record);
      checkOrder(newest.get(object.id) ?? this.latest(object.id), object);
      newest.set(object.id, object);
      return { kind: 'object', object, entry: entry.entry };
    });
  }

  /** Takes what {@link open} made. @param startBytes where the frame begins in the journal */
  take(opened: readonly OpenedEntry[], startBytes: number): void {
    const placed = ({ offsetBytes, lengthBytes }: Place) => ({ offsetBytes: startBytes + offsetBytes, lengthBytes });
    for (const one of opened) {
      if (one.kind === 'object') this.#takeRecord(one.object, placed(one.entry));
      else {
        const { condition } = one;
        this.#takeMaterial(one.id, { entry: placed(one.entry), material: placed(one.material), condition }, one.key);
      }
    }
  }

  /** Takes a version that was just written. */
  put({ object, entry, material }: PlacedObject): void {
    if (material) this.#takeMaterial(object.id, { ...material, condition: 'whole' }, object.material);
    const { material: key, ...rest } = object;
    this.#takeRecord({ ...rest, hasMaterial: key !== null }, entry);
  }

  /** Destroyed objects whose material is not overwritten yet. */
  get due(): KeyId[] {
    return [...this.#due.keys()];
  }

  /** What is to be overwritten of the materials of these objects. */
  wipesDue(ids: readonly KeyId[]): Wipe[] {
    const due = ids.flatMap((id) => this.#due.get(id) ?? []);
    return due.map(({ material: { offsetBytes, lengthBytes } }) => ({ offsetBytes, bytes: wipedBytes(lengthBytes) }));
  }

  /** Forgets what was due, once it is overwritten. */
  wiped(ids: readonly KeyId[]): void {
    for (const id of ids) this.#due.delete(id);
  }

  /** Says whether an entry of the journal is what is known of its object now. @param startBytes of its frame */
  isLive(entry: Entry, id: KeyId, startBytes: number): boolean {
    const known = entry.kind === 'object' ? this.#places.entries.get(id) : this.#places.materials.get(id)?.entry;
    return known?.offsetBytes === startBytes + entry.entry.offsetBytes;
  }

  /** Goes on in another journal, which holds the live entries at other places. */
  moveTo(places: Places): void {
    this.#places = places;
    this.#due = new Map();
  }

  /** Forgets all. */
  clear(): void {
    this.#objects.clear();
    this.#hidden.clear();
    this.#keys.clear();
    this.#usage.clear();
  }

  #openMaterial(entry: Extract<Entry, { kind: 'material' }>): OpenedEntry {
    const { kind, id, condition, material, sealed } = entry;
    const key = condition === 'whole' ? openMaterial(this.#rootKey, id, sealed) : null;
    return { kind, id, key, condition, material, entry: entry.entry };
  }

  #takeMaterial(id: KeyId, held: HeldMaterial, key: KeyMaterial | null): void {
    this.#dropMaterial(id);
    this.#places.materials.set(id, held);
    this.#count(id, held.entry.lengthBytes + held.material.lengthBytes);
    if (key) this.#keys.set(id, key);
    else this.#keys.delete(id);
  }

  #dropMaterial(id: KeyId): void {
    const held = this.#places.materials.get(id);
    if (!held) return;
    this.#places.materials.delete(id);
    this.#count(id, -(held.entry.lengthBytes + held.material.lengthBytes));
    if (held.condition !== 'wiped') this.#due.set(id, [...(this.#due.get(id) ?? []), held]);
  }

  #takeRecord(recorded: RecordedObject, entry: Place): void {
    const { id, owner } = recorded;
    const before = this.#places.entries.get(id);
    const isNew = !before;
    const { hasMaterial, ...object } = recorded;
    if (!hasMaterial) this.#dropMaterial(id);
    const material = hasMaterial ? (this.#keys.get(id) ?? this.#objects.get(id)?.material ?? null) : null;
    this.#keys.delete(id);
    if (isNew) {
      // What its material takes was counted before its owner was known.
      const held = this.#places.materials.get(id);
      const usage = this.#usage.get(owner) ?? { objects: 0, bytes: 0 };
      this.#usage.set(owner, usage);
      usage.objects += 1;
      if (held) usage.bytes += held.entry.lengthBytes + held.material.lengthBytes;
    }
    this.#places.entries.set(id, entry);
    if (hasMaterial && !material) {
      this.#objects.reserve(id);
      this.#objects.delete(id);
      this.#hidden.set(id, recorded);
    } else {
      this.#hidden.delete(id);
      this.#objects.set(id, { ...object, material });
    }
    this.#count(id, entry.lengthBytes - (before?.lengthBytes ?? 0));
  }

  #count(id: KeyId, bytes: number): void {
    this.#liveBytes += bytes;
    const owner = this.#objects.get(id)?.owner ?? this.#hidden.get(id)?.owner;
    const usage = owner === undefined ? undefined : this.#usage.get(owner);
    if (usage) usage.bytes += bytes;
  }
}
