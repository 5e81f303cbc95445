// Every scenario that comes with the project, played whole on real mutual TLS and on real files. That each run can be
// repeated on both wires is in repeatable-scenarios.long.test.ts.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run, SCENARIOS, temporaryFolder, troubles } from './support/run.js';

const names = readdirSync(SCENARIOS).filter((name) => name.endsWith('.yaml'));
const DEMO = join(SCENARIOS, 'host-reboot-without-kms.yaml');

describe('the scenarios', () => {
  it.each(names)('%s passes over TLS', async (name) => {
    const result = await run(join(SCENARIOS, name), { wire: 'tls' });
    expect(troubles(result)).toEqual([]);
    expect(result.status).toBe('passed');
  });

  it('[S16] lead in four steps from a key server that is not registered to an encrypted VM that is verified', async () => {
    const { status, steps } = await run(join(SCENARIOS, 'four-steps.yaml'), { wire: 'memory' });
    expect(status).toBe('passed');
    const verbs = steps.map(({ verb }) => verb);
    const walked = ['provider.add-server', 'policy.create', 'vm.reconfigure', 'policy.check'].map((verb) =>
      verbs.lastIndexOf(verb),
    );
    expect(walked).toEqual([...walked].sort((a, b) => a - b));
    expect(walked[0]).toBeGreaterThan(0);
  });

  it('has one log and one datastore under one seed, and others under another', async () => {
    const [one, again, other] = [
      await run(DEMO, { seed: 1 }),
      await run(DEMO, { seed: 1 }),
      await run(DEMO, { seed: 2 }),
    ];
    expect(again.eventLogSha256).toBe(one.eventLogSha256);
    expect(again.datastoreSha256).toBe(one.datastoreSha256);
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
    const database = readFileSync(join(result.folder, 'vcenter/vcdb.log'), 'latin1');
    const hostKeyIds = [...database.matchAll(/"hostKeyId":({[^}]*})/g)].map(([, id = '']) => JSON.parse(id));
    expect(hostKeyIds.at(-1).keyId).toMatch(/^[0-9a-f-]{36}$/);
    expect(hostKeyIds.at(-1).providerId).toBe('corp-kms');
  });
});
