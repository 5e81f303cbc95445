// What must hold of a VMX and of a descriptor, whatever is in it: a reader reads or refuses with a code, what was read is
// written back byte by byte, and an edit changes the lines that it names and no other.
import { dist } from './corpus.mjs';

const { decodeTextFile, editDescriptor, readDescriptor, Vmx } = await dist('formats.js');

/** The end mark of DOS, behind the last line. */
const DOS_END = new RegExp(`${String.fromCharCode(26)}$`);
const VALUES = ['', 'x', 'a|b"c', 'two words # no comment', 'Köln', 'A'.repeat(400), '0'];
const PLAIN_VALUES = VALUES.filter((value) => !value.includes('"'));
/** What says how the rest is to be read cannot be edited without changing the rest. */
const ENCODING = /^\.?encoding$/i;

/** The answer of `work`, or null where it refused with a code. */
function orRefused(work) {
  try {
    return work();
  } catch (error) {
    if (error.name !== 'HypervisorError') throw error;
    return null;
  }
}

function must(holds, what) {
  if (!holds) throw new Error(what);
}

const equal = (a, b) => Buffer.compare(a, b) === 0;

/** Lines without their ends: bytes as characters, or characters where a character has two bytes. */
function linesOf(bytes) {
  const { text, encoding, bytes: content } = decodeTextFile(bytes, 'f');
  return (encoding.readAs.startsWith('utf-16') ? text : Buffer.from(content).toString('latin1'))
    .replace(DOS_END, '')
    .split(/\r\n|\n|\r/);
}

/** Of the file before, the lines that were not touched, and of the file after: the same, in the same order. */
function mustKeepLines(before, after, { changed, removed, added }) {
  // A blank line that ends with LF, and from whose back a line was taken that a CR ends, becomes a part of that end.
  const notBlank = (line) => line !== '';
  const seen = linesOf(after).filter(notBlank);
  const left = linesOf(before)
    .map((line, at) => (changed.has(at + 1) ? null : line))
    .filter((_, at) => !removed.has(at + 1))
    .filter(notBlank);
  must(seen.length === left.length + added, `${left.length} lines were to stay, and ${seen.length} are there`);
  let at = 0;
  let extra = 0;
  for (const line of seen) {
    const wanted = left[at];
    if (wanted === null || wanted === line) at += 1;
    else extra += 1;
  }
  must(at === left.length && extra === added, 'a line that no edit named is not as it was');
}

/** @returns whether it was read */
export function checkVmx(bytes, chance) {
  const vmx = orRefused(() => Vmx.read(bytes, 'f'));
  orRefused(() => Vmx.read(bytes, 'f', () => {}));
  if (vmx === null) return false;
  must(equal(vmx.toBytes(), bytes), 'it is not written back as it was read');
  const model = new Map(
    vmx.entries().map(([key, value]) => [key.toLowerCase(), { key, value, line: vmx.lineOf(key) }]),
  );
  const touched = { changed: new Set(), removed: new Set(), added: 0 };
  for (let times = 1 + chance.below(4); times > 0; times--) {
    const known = chance.pick([...model.values()]);
    const key = known === undefined || chance.below(3) === 0 ? `fuzz.k${chance.below(3)}` : known.key;
    if (ENCODING.test(key)) continue;
    const old = model.get(key.toLowerCase());
    if (chance.below(3) === 0) {
      vmx.remove(key);
      model.delete(key.toLowerCase());
      if (old?.line !== undefined) touched.removed.add(old.line);
      else if (old !== undefined) touched.added -= 1;
    } else {
      const value = chance.pick(VALUES);
      // A key of somebody else may be spelt as none of ours is; such a one is never set.
      if (!/^[A-Za-z0-9._:-]{1,256}$/.test(key)) continue;
      if (orRefused(() => [vmx.set(key, value)]) === null) continue;
      model.set(key.toLowerCase(), { key: old?.key ?? key, value, line: old?.line });
      if (old === undefined) touched.added += 1;
      else if (old.line !== undefined) touched.changed.add(old.line);
    }
  }
  const written = vmx.toBytes();
  const again = Vmx.read(written, 'f');
  const wanted = [...model.values()].map(({ key, value }) => [key, value]);
  // Where an encoding had to be guessed because of one broken line, and that line is gone, the guess is another now.
  const isReadAsBefore = again.encoding.readAs === vmx.encoding.readAs;
  must(isReadAsBefore || vmx.encoding.guessed, 'the edited file is read in another encoding');
  const said = JSON.stringify(again.entries());
  must(!isReadAsBefore || said === JSON.stringify(wanted), 'the edited file does not say what was set');
  mustKeepLines(bytes, written, touched);
  return true;
}

/** @returns whether it was read */
export function checkDescriptor(bytes, chance) {
  const read = (from) => readDescriptor(decodeTextFile(from, 'f').text, 'f');
  orRefused(() => read(bytes));
  const editor = orRefused(() => editDescriptor(bytes, 'f'));
  if (editor === null) return false;
  must(equal(editor.toBytes(), bytes), 'it is not written back as it was read');
  const before = read(bytes);
  const header = new Map(before.header);
  const ddb = new Map(before.ddb);
  const touched = { changed: new Set(), removed: new Set(), added: 0 };
  const news = new Set();
  const change = (map, name, line, value, edit) => {
    const isNew = !map.has(name);
    if (orRefused(() => [edit()]) === null) return;
    map.set(name, value);
    if (isNew) {
      touched.added += 1;
      news.add(line);
    } else if (!news.has(line)) touched.changed.add(before.lineOf(line));
  };
  const remove = (map, name, line) => {
    if (!map.delete(name)) return;
    if (news.delete(line)) touched.added -= 1;
    else touched.removed.add(before.lineOf(line));
  };
  let extentName = before.extents[0]?.fileName;
  for (let times = 1 + chance.below(5); times > 0; times--) {
    const value = chance.pick(PLAIN_VALUES);
    const name = chance.pick(['keyid', 'encryptionkeys', 'cid', 'fuzz']);
    const key = chance.pick(['vmcrypt.cipher', 'iofilters', 'uuid', 'fuzz']);
    const filters = () => ddb.get('iofilters') ?? '';
    const list = () =>
      filters()
        .split(',')
        .map((one) => one.trim());
    chance.pick([
      () => change(header, name, name, value, () => editor.setHeader(name, value)),
      () => {
        if (name === 'cid') return;
        remove(header, name, name);
        editor.removeHeader(name.toUpperCase());
      },
      () => change(ddb, key, `ddb.${key}`, value, () => editor.setDdb(key, value)),
      () => {
        remove(ddb, key, `ddb.${key}`);
        editor.removeDdb(key);
      },
      () => {
        if (list().includes('vmwarevmcrypt')) return editor.addFilter('vmwarevmcrypt');
        const longer = filters().trim() === '' ? 'vmwarevmcrypt' : `${filters()},vmwarevmcrypt`;
        change(ddb, 'iofilters', 'ddb.iofilters', longer, () => editor.addFilter('vmwarevmcrypt'));
      },
      () => {
        const others = filters()
          .split(',')
          .filter((one) => one.trim() !== 'vmwarevmcrypt');
        if (!list().includes('vmwarevmcrypt')) return editor.removeFilter('vmwarevmcrypt');
        if (others.length === 0) remove(ddb, 'iofilters', 'ddb.iofilters');
        else change(ddb, 'iofilters', 'ddb.iofilters', others.join(','), () => {});
        editor.removeFilter('vmwarevmcrypt');
      },
      () => {
        if (before.extents.length !== 1 || typeof extentName !== 'string') return;
        const other = chance.pick(['web_1-flat.vmdk', 'Größe.vmdk']);
        if (orRefused(() => [editor.renameExtent(other)]) === null) return;
        extentName = other;
        touched.changed.add(before.lineOf('extent'));
      },
    ])();
  }
  const written = editor.toBytes();
  const after = read(written);
  const said = (map) => JSON.stringify([...map].sort());
  must(said(after.header) === said(header), 'the header does not say what was set');
  must(said(after.ddb) === said(ddb), 'the disk database does not say what was set');
  const extents = (list) => JSON.stringify(list.map(({ line, fileName, ...rest }) => rest));
  must(extents(after.extents) === extents(before.extents), 'an extent is another');
  if (before.extents.length === 1) must(after.extents[0].fileName === extentName, 'the extent has another file');
  mustKeepLines(bytes, written, touched);
  return true;
}
