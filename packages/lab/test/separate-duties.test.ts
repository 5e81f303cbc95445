// Who looks after keys and who uses them are two: the key server's administrator and vCenter have nothing in common.
import { createHash } from 'node:crypto';
import { type ProviderId, readWhole } from '@vcryptsim/ports';
import { ByteScanner, scanFolder } from '@vcryptsim/simkit/scan';
import { retrieveClientCert } from '@vcryptsim/vcenter/catalogue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KeyServerRack } from '../src/racks/key-server-rack.js';
import type { World } from '../src/world/world.js';
import { smallWorld } from './support/small-world.js';

interface AuditLine {
  readonly event: string;
  readonly client?: string;
  readonly action?: string;
  readonly fingerprintSha256?: string;
}

const PROVIDER = 'corp-kms' as ProviderId;

let world: World;
beforeAll(async () => {
  world = await smallWorld();
  await world.run(() => world.vms.create('payroll', () => {}));
});
afterAll(() => world.dispose());

const administrator = () => (world.keyServers as KeyServerRack).administratorOf('kms-1')!;
const keyOfVm = () => world.vcenter.vms()[0]!.keyId!.keyId;

async function audit(): Promise<AuditLine[]> {
  const bytes = await readWhole(world.files, `${world.folder.kms}/audit.jsonl`, 2 ** 20);
  const lines = Buffer.from(bytes).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as AuditLine);
}

/** Every file under a folder, by its path in it. */
async function filesUnder(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await world.files.readdir(folder)) {
    const path = `${folder}/${name}`;
    if ((await world.files.lstat(path)).kind === 'folder') found.push(...(await filesUnder(path)));
    else found.push(path);
  }
  return found;
}

describe('[S14] key management and key use', () => {
  it('are done by different identities: what vCenter did has its certificate, what the administrator did has none', () =>
    world.run(async () => {
      await administrator().perform({ action: 'key.archive', id: keyOfVm() });
      await administrator().perform({ action: 'key.recover', id: keyOfVm() });
      const lines = await audit();
      const answers = lines.filter(({ event }) => event === 'ANSWER');
      expect(new Set(answers.map(({ client }) => client))).toEqual(new Set(['vcenter']));
      const managed = lines.filter(({ event }) => event === 'ADMIN');
      expect(managed.map(({ action, client }) => [action, client])).toEqual([
        ['key.archive', undefined],
        ['key.recover', undefined],
      ]);
      // The one identity that the key server lets in is the certificate that vCenter holds.
      const added = lines.filter(({ event }) => event === 'CLIENT_ADDED');
      const certificate = await world.as().call(retrieveClientCert, null, { providerId: PROVIDER });
      expect(added.map(({ fingerprintSha256 }) => fingerprintSha256)).toEqual([
        createHash('sha256').update(certificate).digest('hex'),
      ]);
    }));

  it('share no secret: the administrator is shown no byte of a key, vCenter has nothing of the key server', () =>
    world.run(async () => {
      const shown = JSON.stringify([
        await administrator().perform({ action: 'key.show', id: keyOfVm() }),
        await administrator().perform({ action: 'key.list' }),
        await administrator().perform({ action: 'status' }),
      ]);
      expect(shown).toContain(keyOfVm());
      const keks = new ByteScanner(world.needles.of('kek'));
      expect(keks.scan(new TextEncoder().encode(shown))).toEqual([]);

      const rootKey = await readWhole(world.files, `${world.folder.kms}/root.key`, 32);
      for (const folder of [world.folder.vcenter, world.folder.hosts, world.folder.datastores]) {
        const needles = [{ name: 'root key', bytes: rootKey }];
        for await (const match of scanFolder(world.files, folder, new ByteScanner(needles))) {
          expect.fail(`the root key is in ${match.path}`);
        }
      }
      rootKey.fill(0);
    }));

  it('leave the hosts without any identity at the key server', () =>
    world.run(async () => {
      const ofHosts = await filesUnder(world.folder.hosts);
      expect(ofHosts.length).toBeGreaterThan(0);
      for (const path of ofHosts) {
        const text = Buffer.from(await readWhole(world.files, path, 2 ** 20)).toString('latin1');
        expect(text).not.toMatch(/BEGIN (?:CERTIFICATE|.*PRIVATE KEY)/);
      }
      const ofVcenter = await filesUnder(world.folder.vcenter);
      const withKeys: string[] = [];
      for (const path of ofVcenter) {
        const text = Buffer.from(await readWhole(world.files, path, 2 ** 20)).toString('latin1');
        if (/BEGIN .*PRIVATE KEY/.test(text)) withKeys.push(path);
      }
      // The same look finds the one private key that vCenter has: its own.
      expect(withKeys).toHaveLength(1);
      expect(await world.files.readdir(`${world.folder.kms}/clients`)).toEqual(['vcenter']);
    }));
});
