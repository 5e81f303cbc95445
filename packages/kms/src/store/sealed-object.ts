import { joinBytes } from '@vcryptsim/ports';
import type { ManagedObject } from '../objects/managed-object.js';
import { type Landing, materialEntry, objectEntry, type Parts, type Place } from './journal-format.js';
import type { RootKey } from './root-key.js';
import { sealMaterial, sealRecord } from './sealed-record.js';

/** A version of an object as it goes into the journal. */
export interface SealedObject {
  readonly object: ManagedObject;
  readonly entry: Uint8Array;
  /** Null where the material, if there is any, is in the journal already. */
  readonly material: { readonly entry: Uint8Array; readonly sealed: Uint8Array } | null;
}

/** Where a version of an object and its material are in a journal. */
export interface PlacedObject {
  readonly object: ManagedObject;
  readonly entry: Place;
  readonly material: { readonly entry: Place; readonly material: Place } | null;
}

/** Seals a version of an object; `before` is the version that is in the journal, if there is one. */
export function sealObject(rootKey: RootKey, object: ManagedObject, before: ManagedObject | null): SealedObject {
  const entry = objectEntry(sealRecord(rootKey, object));
  if (!object.material || object.material === before?.material) return { object, entry, material: null };
  const sealed = sealMaterial(rootKey, object.id, object.material);
  return { object, entry, material: { entry: materialEntry(object.id, sealed), sealed } };
}

/** What is written of some objects; {@link placesOf} keeps to the same order. */
export function partsOf(sealed: readonly SealedObject[]): Parts {
  return {
    entries: joinBytes(sealed.flatMap(({ entry, material }) => (material ? [material.entry, entry] : [entry]))),
    materials: joinBytes(sealed.flatMap(({ material }) => (material ? [material.sealed] : []))),
  };
}

/** Where each of the objects of {@link partsOf} is. */
export function placesOf(sealed: readonly SealedObject[], { entriesAt, materialsAt }: Landing): PlacedObject[] {
  let [entryAt, materialAt] = [entriesAt, materialsAt];
  const nextEntry = ({ length: lengthBytes }: Uint8Array): Place => {
    const place = { offsetBytes: entryAt, lengthBytes };
    entryAt += lengthBytes;
    return place;
  };
  return sealed.map(({ object, entry, material }) => {
    if (!material) return { object, entry: nextEntry(entry), material: null };
    const placed = { offsetBytes: materialAt, lengthBytes: material.sealed.length };
    materialAt += placed.lengthBytes;
    const held = { entry: nextEntry(material.entry), material: placed };
    return { object, entry: nextEntry(entry), material: held };
  });
}
