import { createHash } from 'node:crypto';
import { type FileSystem, joinBytes, makeFolders, replaceFile, viewOf } from '@vcryptsim/ports';
import { encodeAttributes } from '../../src/objects/attribute-list.js';
import type { ManagedObject } from '../../src/objects/managed-object.js';
import { RootKey } from '../../src/store/root-key.js';
import { makeFacts } from '../../src/store/store-facts.js';
import { entropyOf } from './world.js';

/** Writes a store of the first format (journal-format-1.ts), as releases before the chain did: one frame for each list. */
export async function writeOldStore(
  files: FileSystem,
  writes: readonly (readonly ManagedObject[])[],
  o: { readonly folder?: string; readonly firstNumber?: number } = {},
): Promise<Uint8Array> {
  const folder = o.folder ?? '/kms';
  await makeFolders(files, `${folder}/store`);
  const entropy = entropyOf(77);
  const rootKey = await RootKey.load({ files, path: `${folder}/root.key`, mayCreate: true, entropy });
  const frames = writes.map((objects, place) => {
    const records = objects.map((object) => oldRecord(rootKey, object));
    return oldFrame((o.firstNumber ?? 1) + place, records);
  });
  const journal = joinBytes([oldHead(makeFacts(rootKey, entropy)), ...frames]);
  await replaceFile(files, `${folder}/store/journal`, journal);
  rootKey.dispose();
  return journal;
}

function oldHead(facts: Uint8Array): Uint8Array {
  const bound = joinBytes([new TextEncoder().encode('VCSKMS1\n'), lengthOf(facts), facts]);
  return joinBytes([bound, sha256(bound)]);
}

function oldFrame(number: number, records: readonly Uint8Array[]): Uint8Array {
  const body = joinBytes(records.flatMap((record) => [lengthOf(record), record]));
  const numberBytes = new Uint8Array(8);
  viewOf(numberBytes).setBigUint64(0, BigInt(number));
  const start = joinBytes([new TextEncoder().encode('FRM1'), lengthOf(body), numberBytes]);
  return joinBytes([start, sha256(joinBytes([start, body])), body]);
}

function oldRecord(rootKey: RootKey, object: ManagedObject): Uint8Array {
  const { id, type, owner, user, state, version } = object;
  const facts = new TextEncoder().encode(JSON.stringify({ id, type, owner, user, state, version }));
  const attributes = encodeAttributes(object.attributes);
  const form = new TextEncoder().encode(JSON.stringify(object.form));
  const material = object.material?.use((bytes) => Uint8Array.from(bytes)) ?? new Uint8Array(0);
  const payload = joinBytes([lengthOf(attributes), attributes, lengthOf(form), form, material]);
  return joinBytes([lengthOf(facts), facts, rootKey.seal(payload, facts)]);
}

function lengthOf(bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(4);
  viewOf(out).setUint32(0, bytes.length);
  return out;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(bytes).digest());
}
