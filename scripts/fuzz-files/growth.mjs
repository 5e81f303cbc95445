// Prints as JSON how much work reading and editing a VMX and a descriptor are at n and at 2n lines, edits or bent files.
// The counter starts before the code under count is loaded, because V8 counts blocks only in what it compiles after that.
import { chanceOf } from '../harden/support/chance.mjs';
import { workCounter } from '../harden/support/counted-work.mjs';

const N = 200;
const BENT = 60;
const counter = workCounter('/hypervisor/dist/');
const { bend, DESCRIPTOR_FILES, dist, lengthened, VMX_FILES } = await import('./corpus.mjs');
const { editDescriptor, Vmx } = await dist('formats.js');

const keys = (count, prefix = '') => Array.from({ length: count }, (_, at) => `${prefix}k${at} = "x"`).join('\n');
const vmxOf = (count) => Vmx.read(Buffer.from(keys(count)), 'f');
const editorOf = (count) => editDescriptor(Buffer.from(`${DESCRIPTOR_FILES[0]}${keys(count, 'ddb.')}\n`), 'f');
const each = (count, work) => {
  for (let at = 0; at < count; at++) work(`k${at}`);
};
const listed = (count) => Array.from({ length: count }, (_, at) => `f${at}`).join(',');
const tolerate = (work) => {
  try {
    work();
  } catch (error) {
    if (error.name !== 'HypervisorError') throw error;
  }
};
/** The same bends in files of so many lines more. */
const bent = (files, count, work) => {
  const chance = chanceOf(4711);
  for (let times = 0; times < BENT; times++) {
    const bytes = bend(lengthened(files[times % files.length], count), chance);
    tolerate(() => work(bytes));
  }
};

const KINDS = {
  'VMX, every key set': (n) => {
    const vmx = vmxOf(n);
    each(n, (key) => vmx.set(key, 'y'));
    vmx.toBytes();
  },
  'VMX, every key taken out': (n) => {
    const vmx = vmxOf(n);
    each(n, (key) => vmx.remove(key));
    vmx.toBytes();
  },
  'VMX, as many keys added': (n) => {
    const vmx = vmxOf(n);
    each(n, (key) => vmx.set(`new.${key}`, 'y'));
    vmx.toBytes();
  },
  'descriptor, every ddb entry set': (n) => {
    const editor = editorOf(n);
    each(n, (key) => editor.setDdb(key, 'y'));
    editor.toBytes();
  },
  'descriptor, every ddb entry taken out': (n) => {
    const editor = editorOf(n);
    each(n, (key) => editor.removeDdb(key));
    editor.toBytes();
  },
  'descriptor, as many header entries added': (n) => {
    const editor = editorOf(n);
    each(n, (key) => editor.setHeader(key, 'y'));
    editor.toBytes();
  },
  'descriptor of many IO filters': (n) => {
    const editor = editDescriptor(Buffer.from(`${DESCRIPTOR_FILES[0]}ddb.iofilters = "${listed(n)}"\n`), 'f');
    editor.addFilter('vmwarevmcrypt');
    editor.removeFilter('f1');
    editor.toBytes();
  },
  'bent VMX files, read and edited': (n) =>
    bent(VMX_FILES.slice(0, 6), n, (bytes) => {
      const vmx = Vmx.read(bytes, 'f', () => {});
      vmx.set('encryption.bundle', 'x');
      vmx.remove('memSize');
      vmx.toBytes();
    }),
  'bent descriptors, read and edited': (n) =>
    bent(DESCRIPTOR_FILES, n, (bytes) => {
      const editor = editDescriptor(bytes, 'f');
      editor.setHeader('keyID', '0badcafe');
      editor.addFilter('vmwarevmcrypt');
      editor.toBytes();
    }),
};

const counts = Object.entries(KINDS).map(([what, work]) => {
  work(N); // compiled, and counted from here on
  const [once, twice] = [N, 2 * N].map((n) => counter.count(() => work(n)));
  return { what, n: N, once, twice };
});
counter.end();
process.stdout.write(`${JSON.stringify(counts)}\n`);
