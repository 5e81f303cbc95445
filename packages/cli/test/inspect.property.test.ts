// Whatever bytes stand under whatever name, inspect ends in a report or in a sentence: never in a stack, never without an end.
import { composeDescriptor, Vmx } from '@vcryptsim/hypervisor/formats';
import { type DiskUuid, FileError, sectorCount } from '@vcryptsim/ports';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { CliError } from '../src/exit.js';
import { describeFile } from '../src/inspect/describe-file.js';
import { renderReport } from '../src/inspect/file-report.js';

const NAMES = [
  ...['a.vmx', 'a.vmxf', 'a.vmsd', 'a.nvram', 'a-1.vswp', 'a-Snapshot1.vmsn', 'a-Snapshot1.vmem', 'a-1.vmss', 'a.vmdk'],
  ...['a-000001.vmdk', 'a-flat.vmdk', 'a-000001-delta.vmdk', 'a-s001.vmdk', 'a-ctk.vmdk', '.lck-e003090001000000'],
  ...['a.vmx.lck', 'vmware.log', 'a.vmx.change', 'a-flat.vmdk.journal', 'a.vmtx', 'a.ovf', 'noname'],
];
const text = (...lines: string[]) => Buffer.from(lines.join('\n'));
const word = (...words: number[]) => Buffer.from(new Uint32Array(words).buffer);
const descriptor = composeDescriptor({
  ...{ createType: 'vmfs', contentId: 1, capacity: sectorCount(16), extentFileName: 'a-flat.vmdk' },
  uuid: '6000c29a-1111-4222-8333-444455556666' as DiskUuid,
});
const GOOD = [
  text(descriptor),
  text(descriptor.replaceAll('\n', '\r\n').replace('#', '\ufeff#')),
  text(
    '.encoding = "windows-1252"',
    'displayName = "a"',
    'encryption.keySafe = "vmware:key/list/(pair/(phrase/x/y,Z,AAAA))"',
  ),
  text(Vmx.create().toText(), 'a = "1"', 'a = "2"', "b = 'x'", 'c = x"y'),
  text('snapshot.lastUID = "1"', 'snapshot0.uid = "1"', 'snapshot.numSnapshots = "9"'),
  Buffer.concat([word(0xbed2bed2, 0, 500), Buffer.alloc(400)]),
  Buffer.concat([word(0x8943dd9e, 2, 4064, 16, 16, 0, 0xffffffff, 0xffffffff), Buffer.alloc(4096)]),
  Buffer.concat([text('KDMV'), word(1, 3), Buffer.alloc(1024, 255)]),
  Buffer.concat([text('COWD'), word(1, 3, 0xffffffff, 1, 4, 0xffffffff), Buffer.alloc(64)]),
  Buffer.concat([text('VCREWR01'), Buffer.alloc(8200, 255)]),
  Buffer.concat([text('MRVN'), Buffer.alloc(100)]),
  Buffer.alloc(84, 1),
  Buffer.alloc(512, 1),
];

it('tells of any bytes under any name, or refuses them in a sentence', async () => {
  let told = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.oneof(fc.constantFrom(...GOOD), fc.uint8Array({ maxLength: 600 })),
      fc.array(fc.record({ at: fc.nat(700), put: fc.uint8Array({ minLength: 1, maxLength: 6 }) }), { maxLength: 4 }),
      fc.option(fc.nat(9000)),
      fc.option(fc.constantFrom(...GOOD)),
      async (name, good, changes, cut, other) => {
        const bytes = Uint8Array.from(good).slice(0, cut ?? undefined);
        for (const { at, put } of changes) if (at + put.length <= bytes.length) bytes.set(put, at);
        const ends = { sizeBytes: bytes.length, head: bytes.slice(0, 65_536), tail: bytes.slice(-65_536) };
        try {
          const report = await describeFile(
            ends,
            async () => bytes,
            name,
            async () => other,
          );
          const shown = renderReport(report);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
          expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
          told += 1;
        } catch (error) {
          const isTold = error instanceof CliError || error instanceof FileError;
          if (!isTold && (error as Error).name !== 'HypervisorError') throw error;
        }
      },
    ),
    { numRuns: 4_000, seed: 5 },
  );
  expect(told).toBeGreaterThan(1_000);
});
