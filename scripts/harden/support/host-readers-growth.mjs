// Prints as JSON how much work the readers of a host's files do on texts of 500 and of 1000 lines or parts. The counter
// starts before the readers are loaded, because V8 counts blocks only in what it compiles after that.
import { workCounter } from './counted-work.mjs';

const counter = workCounter('/hypervisor/dist/');
const dist = (path) => import(new URL(`../../../packages/hypervisor/dist/${path}`, import.meta.url).href);
const formats = await dist('formats.js');

const lines = (count, make) => Buffer.from(Array.from({ length: count }, (_, at) => make(at)).join('\n'));
const locator = (text) => formats.parseKeyLocator(text, 'f');
const kinds = {
  'VMX of many keys': (n) =>
    formats.Vmx.read(
      lines(n, (at) => `k${at} = "x"`),
      'f',
    ).toBytes(),
  'VMX of one long value': (n) => formats.Vmx.read(Buffer.from(`a = "${'|22'.repeat(n)}"`), 'f'),
  'VMX of many bad lines': (n) =>
    formats.Vmx.read(
      lines(n, () => 'x'),
      'f',
      () => {},
    ).toBytes(),
  'VMX of carriage returns': (n) => formats.Vmx.read(Buffer.alloc(n, 13), 'f').toBytes(),
  'descriptor of many extents': (n) => formats.readDescriptor(lines(n, () => 'RW 1 FLAT "x" 0').toString(), 'f'),
  'key locator of many characters': (n) => locator(`vmware:key/rawkey/${'%2d'.repeat(n)}`),
  'key locator of many parts': (n) => locator(`vmware:key/list/(${Array(n).fill('rawkey/a').join(',')})`),
};

const counts = Object.entries(kinds).map(([what, read]) => {
  const [once, twice] = [500, 1000].map((n) => counter.count(() => read(n)));
  return { what, once, twice };
});
counter.end();
process.stdout.write(`${JSON.stringify(counts)}\n`);
