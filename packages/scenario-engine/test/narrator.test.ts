import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarizeMessage } from '@vcryptsim/kmip-lite/text';
import { describe, expect, it } from 'vitest';
import { Narrator, NO_AUDIENCE, PLAIN, type RunResult } from '../src/index.js';
import { textWidth } from '../src/layout.js';
import { run, temporaryFolder } from './support/run.js';

const SMALL = `name: A small run with a name that is long enough to be broken on every terminal that is narrow
about: One VM is created and read; what is expected of the last read is not so.
lab:
  hosts: [esx-1, esx-2]
  vms: { payroll: { host: esx-1, disk: 1MiB } }
steps:
  - act: { title: A VM is created, text: Its key comes over the wire. }
  - vm.create: payroll
    quiz: { ask: Is a key made?, choices: [Yes it is, No it is not], answer: 1, why: Each encrypted VM has its own. }
  - vm.power-on: payroll
  - vm.write: { vm: payroll, lba: 3, text: "a text that is written" }
  - vm.read: { vm: payroll, lba: 3 }
    expect: { text: "a text that was never written" }
`;
const COMMANDS = { repeat: ['npx', 'vcryptsim', 'run', 'x.yaml', '--seed', '42'], lookFurther: [] };

/** Runs the small scenario and tells it at these widths. */
async function told(widths: readonly number[], saveWire?: string): Promise<{ pages: string[][]; result: RunResult }> {
  const path = join(temporaryFolder(), 'x.yaml');
  writeFileSync(path, SMALL);
  const narrators = widths.map((width) => new Narrator(PLAIN, width));
  const pages: string[][] = widths.map(() => []);
  const tell = async (lines: (narrator: Narrator) => string[] | Promise<string[]>) => {
    for (const [at, narrator] of narrators.entries()) pages[at]?.push(...(await lines(narrator)));
  };
  const result = await run(path, {
    ...(saveWire === undefined ? {} : { saveWire }),
    audience: {
      ...NO_AUDIENCE,
      begins: (world) =>
        tell((one) => one.opening({ name: SMALL.slice(6, 95), about: SMALL.slice(102, 180) } as never, world)),
      ask: async (quiz) => {
        await tell((one) => [...one.question(quiz), ...one.answer(quiz, 2)]);
        return 2;
      },
      stepEnds: (_step, outcome, observed, world) =>
        tell(async (one) => [...one.step(outcome, observed), ...(await one.keys(world))]),
      ends: (outcome) => tell((one) => one.closing(outcome, COMMANDS)),
    },
  });
  return { pages, result };
}

describe('the narrator', () => {
  it('keeps to 60, 80 and 120 columns, and tells the same on each', async () => {
    const widths = [60, 80, 120];
    const { pages } = await told(widths);
    for (const [at, page] of pages.entries()) {
      const width = widths[at] ?? 0;
      expect(page.length).toBeGreaterThan(20);
      // A path or a hash is one word and stays one.
      const tooLong = page.filter((line) => textWidth(line) > width && line.trim().replace(/^at /, '').includes(' '));
      expect(tooLong).toEqual([]);
      const words = page.join('\n');
      for (const sentence of ['Each encrypted VM has its own.', 'a text that was never written']) {
        expect(words.replaceAll(/\s+/g, ' ')).toContain(sentence);
      }
    }
  });

  it('says after a failure how to repeat it, then where it failed, what was wanted and what was seen', async () => {
    const { pages, result } = await told([80]);
    const page = pages[0] ?? [];
    const failed = result.steps[4];
    expect(page).toContain(`       at ${failed?.file}:${failed?.line}`);
    expect(page).toContain("         wanted  'a text that was never written'");
    expect(page).toContain("         seen    'a text that is written'");
    const repeat = page.indexOf('Repeat it:');
    expect(page[repeat + 1]).toBe('  npx vcryptsim run x.yaml --seed 42');
    const verdict = page.findIndex((line) => line.startsWith('FAILED at step 5 of 5,'));
    expect(verdict).toBeGreaterThan(repeat);
  });
});

describe('a saved wire', () => {
  it('holds every message, readable and without a key', async () => {
    const folder = join(temporaryFolder(), 'wire');
    const { result } = await told([80], folder);
    const names = readdirSync(folder);
    expect(names).toContain('wire.txt');
    const text = readFileSync(join(folder, 'wire.txt'), 'utf8');
    expect(text).toMatch(/^\d+\.\d{3} s {2}vcenter -> kms-1 {2}connection 1, \d+ bytes\nRequestMessage/);
    expect(text).toContain('KeyMaterial ByteString <redacted, 32 bytes>');
    const gets = names.filter((name) => name.endsWith('.kmip')).map((name) => readFileSync(join(folder, name)));
    const messagesOf = (bytes: Uint8Array): Uint8Array[] => {
      if (bytes.length === 0) return [];
      const length = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(4);
      return [bytes.subarray(0, length), ...messagesOf(bytes.subarray(length))];
    };
    const operations = gets
      .flatMap(messagesOf)
      .flatMap((message) => summarizeMessage(message)?.items.map((item) => item.operation) ?? ['unreadable']);
    expect(operations).toContain('Get');
    expect(operations).not.toContain('unreadable');
    // KeyMaterial is tag 420043, type 08, 32 bytes: all of them zeros.
    const materials = gets.flatMap((bytes) => {
      const at = bytes.indexOf(Buffer.from('4200430800000020', 'hex'));
      return at < 0 ? [] : [bytes.subarray(at + 8, at + 40)];
    });
    expect(materials.length).toBeGreaterThan(0);
    expect(materials.every((material) => material.every((byte) => byte === 0))).toBe(true);
    expect(result.steps[1]?.status).toBe('passed');
  });

  it('changes nothing in the run, and is not written among files that are there', async () => {
    const folder = join(temporaryFolder(), 'wire');
    const [saved, plain] = [await told([80], folder), await told([80])];
    expect(saved.result.eventLogSha256).toBe(plain.result.eventLogSha256);
    await expect(told([80], folder)).rejects.toMatchObject({ code: 'FOLDER_IN_USE' });
  });
});
