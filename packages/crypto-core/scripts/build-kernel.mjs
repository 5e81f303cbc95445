// Assembles the whitening kernel: src/xts/whitening-kernel.wat -> src/xts/whitening-kernel.generated.ts.
// With --check writes nothing and fails where the two differ. Needs the development dependency wabt.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import wabt from 'wabt';

const source = new URL('../src/xts/whitening-kernel.wat', import.meta.url);
const target = new URL('../src/xts/whitening-kernel.generated.ts', import.meta.url);

/** Assembles WebAssembly text. A shared memory has another import type, so the kernel exists twice. */
async function assemble(text, memory) {
  const { parseWat } = await wabt();
  const typed = text.replace('(memory (import "xts" "memory") 1)', `(memory (import "xts" "memory") ${memory})`);
  const module = parseWat('whitening-kernel.wat', typed, { simd: true, threads: true });
  try {
    module.resolveNames();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

function constant(name, bytes, about) {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,112}/g);
  return `/** ${about}: ${bytes.length} bytes of WebAssembly, in base64. */\nexport const ${name} =\n${lines.map((line) => `  '${line}'`).join(' +\n')};\n`;
}

const text = readFileSync(source, 'utf8');
const generated = [
  '// Made by scripts/build-kernel.mjs from whitening-kernel.wat, which is the readable form. Do not edit.\n',
  constant('WHITENING_KERNEL', await assemble(text, '1'), 'On a memory of its own'),
  constant('SHARED_WHITENING_KERNEL', await assemble(text, '1 65536 shared'), 'On a memory that threads share'),
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(target, generated);
else if (readFileSync(target, 'utf8') !== generated) {
  process.stderr.write(`${fileURLToPath(target)} is not what whitening-kernel.wat assembles to; run this without --check.
`);
  process.exitCode = 1;
}
