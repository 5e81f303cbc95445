// Every scenario that comes with the project, played whole: on real mutual TLS and on the memory wire, on real files.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { delayTheKernel } from '../../simkit/test/support/late-kernel.js';
import { type Audience, NOBODY } from '../src/index.js';
import { run, SCENARIOS, temporaryFolder, troubles } from './support/run.js';

const names = readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml'));
const DEMO = join(SCENARIOS, 'host-reboot-without-kms.yaml');

describe('the scenarios', () => {
  it.each(names)('%s passes on both wires, and one seed gives one log', async (name) => {
    const path = join(SCENARIOS, name);
    const overTls = await run(path, { wire: 'tls' });
    expect(troubles(overTls)).toEqual([]);
    expect(overTls.status).toBe('passed');
    const overTlsAgain = await run(path, { wire: 'tls' });
    expect(overTlsAgain.eventLogSha256).toBe(overTls.eventLogSha256);

    const inMemory = await run(path, { wire: 'memory' });
    expect(troubles(inMemory)).toEqual([]);
    const inMemoryAgain = await run(path, { wire: 'memory' });
    expect(inMemoryAgain.eventLogSha256).toBe(inMemory.eventLogSha256);
    expect(inMemoryAgain.datastoreSha256).toBe(inMemory.datastoreSha256);
  });

  it('are other runs under another seed', async () => {
    const [one, other] = [await run(DEMO, { seed: 1 }), await run(DEMO, { seed: 2 })];
    expect(one.eventLogSha256).not.toBe(other.eventLogSha256);
    expect(one.datastoreSha256).not.toBe(other.datastoreSha256);
  });

  it('leave the same ciphertext whichever engine computed it', async () => {
    const path = join(SCENARIOS, 'second-key-server.yaml');
    const native = await run(path, { engine: 'native' });
    const portable = await run(path, { engine: 'portable' });
    expect([native.engine, portable.engine]).toEqual(['native', 'portable']);
    expect(portable.datastoreSha256).toBe(native.datastoreSha256);
  });
});

describe('one seed gives one log', () => {
  it.each(['second-key-server.yaml', 'lagging-replica.yaml'])(
    'also when the kernel hands bytes over late: %s',
    async (name) => {
      const path = join(SCENARIOS, name);
      const prompt = await run(path, { wire: 'tls' });
      const backToNormal = delayTheKernel();
      try {
        for (let round = 0; round < 3; round++) {
          const late = await run(path, { wire: 'tls' });
          expect(troubles(late)).toEqual([]);
          expect(late.eventLogSha256).toBe(prompt.eventLogSha256);
        }
      } finally {
        backToNormal();
      }
    },
  );

  it('also when somebody watches, and takes time between the steps', async () => {
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 15));
    const watcher: Audience = { ...NOBODY, begins: pause, stepBegins: pause, stepEnds: pause };
    const alone = await run(DEMO, { wire: 'tls' });
    const watched = await run(DEMO, { wire: 'tls', audience: watcher });
    expect(watched.eventLogSha256).toBe(alone.eventLogSha256);
  });
});

describe('the demo', () => {
  it("[S04] reads the user's image back whole after reboot and unlock, but for what the scenario wrote", async () => {
    const image = join(temporaryFolder(), 'user.img');
    const content = Buffer.alloc(5 * 1024 * 1024 + 512);
    for (let offset = 0; offset < content.length; offset += 32) {
      createHash('sha256').update(String(offset)).digest().copy(content, offset);
    }
    writeFileSync(image, content);
    const before = createHash('sha256').update(content).digest('hex');

    const result = await run(DEMO, { diskImage: image, wire: 'tls' });
    expect(troubles(result)).toEqual([]);
    const [digest] = result.digests;
    expect(digest?.imageSha256).toBe(before);
    expect(digest?.writtenSectors).toEqual([{ lba: 2048, sectors: 1 }]);
    const expected = Buffer.from(content);
    expected.fill(0, 2048 * 512, 2049 * 512);
    expected.write('TOP-SECRET: the board gets a raise', 2048 * 512);
    expect(digest?.diskSha256).toBe(createHash('sha256').update(expected).digest('hex'));

    // The user's file is untouched, and nothing on the datastore looks like it.
    expect(createHash('sha256').update(readFileSync(image)).digest('hex')).toBe(before);
    const extent = readFileSync(join(result.folder, 'datastores/datastore1/payroll/payroll-flat.vmdk'));
    expect(extent.length).toBe(content.length);
    for (let offset = 0; offset < content.length; offset += 16) {
      if (extent.compare(content, offset, offset + 16, offset, offset + 16) === 0) {
        throw new Error(`the 16 bytes at ${offset} are in clear`);
      }
    }
  });

  it('[S01] [S02] shows who asked whom for what, and leaves only IDs with vCenter', async () => {
    const result = await run(DEMO, { wire: 'tls' });
    const created = result.steps.find((step) => step.title.startsWith('vm.create'));
    expect(created?.wire.join('\n')).toMatch(/vcenter -> kms-1: Discover Versions, Create \(Success\)/);
    expect(created?.wire.join('\n')).toMatch(/Get, Get Attributes, Activate of [0-9a-f]{8} \(Success\)/);
    const database = readFileSync(join(result.folder, 'vcenter/vcdb.json'), 'utf8');
    const { hostKeyId } = JSON.parse(database).clusters[0];
    expect(hostKeyId.keyId).toMatch(/^[0-9a-f-]{36}$/);
    expect(hostKeyId.providerId).toBe('corp-kms');
  });
});
