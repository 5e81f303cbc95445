// A key server's files, changed by somebody without the root key (flip, cut, zero, repeat, exchange, put back), and file
// calls that fail. Rules: a start accepts nothing but what was written, or refuses by a code; what was answered as failed
// is unchanged or done after the next start; a destroyed key never comes back.
import { runAlone } from './support/alone.mjs';
import { chanceOf } from './support/chance.mjs';

const dist = (path) => import(new URL(`../../packages/${path}`, import.meta.url).href);
const { KeyServer } = await dist('kms/dist/index.js');
const { KeyStore } = await dist('kms/dist/store/key-store.js');
const { KeyMaterial } = await dist('kms/dist/objects/key-material.js');
const { FaultyFileSystem, MemoryFileSystem } = await dist('simkit/dist/index.js');
const { SystemClock, SystemEntropy, SystemKeyPairs } = await dist('ports/dist/os/index.js');

export const name = 'store';
export const share = 0.005;

const clock = new SystemClock();
const entropy = new SystemEntropy();
const CODED = ['KmsError', 'PkiError', 'FileError'];
const PLACE = { folder: '/k/store', rootKeyPath: '/k/root.key', entropy };
/** One input in so many is a failing file call instead of a changed file. */
const FAULT_EVERY = 4;

/** @returns {{ inputs, unhandled, cut, findings }} as scripts/harden.mjs wants it */
export async function run({ inputs, seed, say }) {
  const chance = chanceOf(seed);
  const golden = await makeGolden();
  const counts = new Map();
  const findings = [];
  let unhandled = 0;
  for (let at = 0; at < inputs && findings.length <= 20; at++) {
    const { what, finding, isUnhandled } =
      at % FAULT_EVERY === 0 ? await failing(golden, chance) : await changed(golden, chance);
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (isUnhandled) unhandled++;
    if (finding) findings.push(`seed ${seed}, input ${at}: ${finding}`);
  }
  say(`store: ${[...counts].map(([what, count]) => `${count} ${what}`).join(', ')}`);
  return { inputs, unhandled, cut: 0, findings };
}

/** A folder with keys in each state, and its journal as it was before some of them ended. */
async function makeGolden() {
  const files = new MemoryFileSystem();
  await openServer(files);
  // The lines of that start and stop.
  const auditLine = () => 2;
  const { store } = await KeyStore.open({ ...PLACE, files, auditLine });
  for (let place = 0; place < 6; place++) await store.add(keyOf(`key-${place}`));
  await store.change('key-1', (object) => ({ ...object, state: 'Active' }));
  await store.close();
  const before = (await treeOf(files)).get('/k/store/journal');
  const { store: again } = await KeyStore.open({ ...PLACE, files, auditLine });
  await again.change('key-1', (object) => ({ ...object, state: 'Compromised' }));
  await again.change('key-2', (object) => ({ ...object, state: 'Destroyed', material: null }));
  await again.close();
  await openServer(files);
  const tree = await treeOf(files);
  return { tree, before, image: await imageOf(files) };
}

function keyOf(id) {
  const form = { kind: 'key', keyFormatType: 'Raw', isStructure: false };
  const material = KeyMaterial.take(entropy.secret(32, 'kek'));
  const rest = { owner: 'client', user: null, state: 'PreActive', version: 1, attributes: [] };
  return { id, type: 'SymmetricKey', form, material, ...rest };
}

/** A changed file: the start shows what was there, or refuses. */
async function changed({ tree, before, image }, chance) {
  const path = chance.pick(['/k/store/journal', '/k/store/journal', '/k/audit.jsonl', chance.pick([...tree.keys()])]);
  const bytes = mutate(tree.get(path), chance, path.endsWith('journal') ? before : tree.get('/k/store/journal'));
  const files = await filesOf(new Map([...tree, [path, bytes]]));
  try {
    await openServer(files);
  } catch (error) {
    if (CODED.includes(error.name)) return { what: `refused ${error.code}` };
    return { what: 'thrown', isUnhandled: true, finding: `${path}: ${error.stack}` };
  }
  const now = await imageOf(files);
  return now === image ? { what: 'the same' } : { what: 'accepted', finding: `${path} was accepted: ${now}` };
}

/** A file call that fails during a change: afterwards the store is as before or as after, and destroyed is destroyed. */
async function failing({ tree }, chance) {
  const inner = await filesOf(tree);
  const files = new FaultyFileSystem(inner);
  const { store } = await KeyStore.open({ ...PLACE, files });
  const isDestroy = chance.below(2) === 0;
  const isFull = chance.below(2) === 0;
  const fault = isFull
    ? { kind: 'no-space', afterBytes: chance.below(1200) }
    : { kind: 'io-error', atCall: 1 + chance.below(6) };
  const mend = files.set(fault);
  const end = (object) => ({ ...object, state: 'Destroyed', material: null });
  const work = () => (isDestroy ? store.change('key-3', end) : store.add(keyOf('new')));
  const outcome = await work().then(
    () => 'done',
    (error) => error,
  );
  mend();
  await store.close().catch(() => {});
  if (outcome !== 'done' && !CODED.includes(outcome.name))
    return { what: 'thrown', isUnhandled: true, finding: outcome.stack };
  const { store: next } = await KeyStore.open({ ...PLACE, files: inner });
  const object = next.find(isDestroy ? 'key-3' : 'new');
  const isDone = isDestroy ? object?.state === 'Destroyed' : object !== undefined;
  const isHalf = isDestroy
    ? (object?.state === 'Destroyed') !== (object?.material === null)
    : object?.material === null;
  await next.close();
  const what = `${isDestroy ? 'Destroy' : 'Create'} ${outcome === 'done' ? 'answered' : 'failed'}`;
  if (outcome === 'done' && !isDone) return { what, finding: `${what} and is not there: ${JSON.stringify(fault)}` };
  return isHalf ? { what, finding: `${what} half: ${JSON.stringify(fault)}` } : { what };
}

async function openServer(files) {
  const parts = { files, clock, entropy, keyPairs: new SystemKeyPairs(clock), events: { emit() {} }, onFault() {} };
  const server = await KeyServer.open({ folder: '/k', ...parts });
  await server.close();
}

async function imageOf(files) {
  const { store } = await KeyStore.open({ ...PLACE, files });
  const image = [...store.objects()].map(
    ({ id, state, version, material }) => `${id} ${state} ${version} ${material !== null}`,
  );
  await store.close();
  return image.sort().join('; ');
}

function mutate(bytes, chance, other) {
  const out = Buffer.from(bytes);
  const at = chance.below(Math.max(1, out.length));
  const to = Math.min(out.length, at + 1 + chance.below(400));
  switch (chance.below(8)) {
    case 0:
      return out.subarray(0, at);
    case 1:
      return out.subarray(at);
    case 2:
      return out.fill(0, at, to);
    case 3:
      return Buffer.concat([out.subarray(0, to), out.subarray(at)]);
    case 4:
      return Buffer.concat([out.subarray(0, at), out.subarray(to)]);
    case 5:
      return Buffer.concat([out.subarray(0, at), other.subarray(at % other.length)]);
    case 6:
      return out.fill(0xde, at, to);
    default:
      out[at] ^= 1 << chance.below(8);
      return out;
  }
}

async function treeOf(files, folder = '/k', found = new Map()) {
  for (const entry of await files.readdir(folder)) {
    const path = `${folder}/${entry}`;
    if ((await files.lstat(path)).kind === 'folder') await treeOf(files, path, found);
    else found.set(path, await contentOf(files, path));
  }
  return found;
}

async function contentOf(files, path) {
  const handle = await files.open(path, { access: 'read' });
  const bytes = Buffer.alloc(await handle.sizeBytes());
  await handle.pread(bytes, 0);
  await handle.close();
  return bytes;
}

async function filesOf(tree) {
  const files = new MemoryFileSystem();
  for (const [path, bytes] of tree) {
    const folders = path.split('/').slice(1, -1);
    for (const place of folders.keys()) await files.mkdir(`/${folders.slice(0, place + 1).join('/')}`).catch(() => {});
    const handle = await files.open(path, { access: 'write', create: 'if-missing' });
    await handle.pwrite(new Uint8Array(bytes), 0);
    await handle.close();
  }
  return files;
}

await runAlone(import.meta.url, { run });
