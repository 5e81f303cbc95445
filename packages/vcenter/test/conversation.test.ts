import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, KMS_1, Lab, PROVIDER } from './support/lab.js';
import { byteString, enumeration, integer, structure, text } from './support/ttlv-text.js';

const AES = 3;
const ENCRYPT_DECRYPT = 0x0c;
const LENGTH_BITS = 256;
const OPERATION = { Create: 1, Get: 0x0a, GetAttributes: 0x0b, AddAttribute: 0x0d, Activate: 0x12, Query: 0x18 };
const DISCOVER_VERSIONS = 0x1e;

// The messages are built from what facts/kmip.md part 2 says of vCenter 7.0.3: header 1.1 and batch count, nothing else.
function request(...items: string[]): string {
  const version = structure('420069', integer('42006a', 1), integer('42006b', 1));
  return structure('420078', structure('420077', version, integer('42000d', items.length)), ...items);
}

function batchItem(operation: number, number: number | null, ...payload: string[]): string {
  const id = number === null ? '' : byteString('420093', `514c4b43${number.toString(16).padStart(2, '0')}000000`);
  return structure('42000f', enumeration('42005c', operation), id, structure('420079', ...payload));
}

const uid = (keyId: string) => text('420094', keyId);
const attribute = (name: string, value: string) => structure('420008', text('42000a', name), value);
const textAttribute = (name: string, value: string) => attribute(name, text('42000b', value));

const firstFrame = request(batchItem(DISCOVER_VERSIONS, null));
const secondDiscover = request(batchItem(DISCOVER_VERSIONS, 1));
const create = request(
  batchItem(
    OPERATION.Create,
    1,
    enumeration('420057', 2),
    structure(
      '420091',
      attribute('Cryptographic Algorithm', enumeration('42000b', AES)),
      attribute('Cryptographic Usage Mask', integer('42000b', ENCRYPT_DECRYPT)),
      attribute('Cryptographic Length', integer('42000b', LENGTH_BITS)),
    ),
  ),
);
const get = (keyId: string) => request(batchItem(OPERATION.Get, 1, uid(keyId)));
const getAttribute = (keyId: string, name: string) =>
  request(batchItem(OPERATION.GetAttributes, 1, uid(keyId), text('42000a', name)));
const activate = (keyId: string) => request(batchItem(OPERATION.Activate, 1, uid(keyId)));

function tags(keyId: string, values: readonly (readonly [string, string])[]): string[] {
  const add = ([name, value]: readonly [string, string], index: number) =>
    batchItem(OPERATION.AddAttribute, index + 1, uid(keyId), textAttribute(name, value));
  return [firstFrame, ...values.map(([name]) => getAttribute(keyId, name)), request(...values.map(add))];
}

const productTags = (keyId: string) =>
  tags(keyId, [
    ['x-Product_Version', '7.0.3 build-19480866'],
    ['x-Vendor', 'VMware, Inc.'],
    ['x-Product', 'VMware vSphere'],
  ]);
const firstUse = (keyId: string) => [firstFrame, get(keyId), getAttribute(keyId, 'State'), activate(keyId)];
const laterUse = (keyId: string) => [firstFrame, get(keyId), getAttribute(keyId, 'State')];

describe('the conversation with a key server, as vCenter 7.0.3 was observed to hold it', () => {
  it('[S01] makes the first encrypted VM on a host with two keys: the host key and the VM key', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      const vm = await lab.encryptedVm(vcenter);
      expect(lab.wire.conversations.map(({ requests }) => requests)).toEqual([
        [firstFrame, create],
        productTags('key-1'),
        [firstFrame, create],
        productTags('key-2'),
        firstUse('key-2'),
        tags('key-2', [
          ['x-Identifier', '00000000-0000-4000-8000-006573782d31'],
          ['x-Component', 'ESXi Server'],
          ['x-Name', 'esx-1'],
        ]),
        firstUse('key-1'),
        tags('key-1', [
          ['x-Identifier', vm],
          ['x-Component', 'Virtual Machine'],
          ['x-Name', 'payroll'],
        ]),
      ]);
      expect(new Set(lab.wire.conversations.map(({ to }) => to))).toEqual(new Set([KMS_1]));
    }));

  it('[S04] uses a known key after a reboot with Get and its State, and no Activate', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      lab.wire.clear();
      lab.hosts.reboot(ESX_1);
      await as(vcenter).reconnectHost(ESX_1);
      expect(lab.wire.conversations.map(({ requests }) => requests)).toEqual([laterUse('key-2'), laterUse('key-1')]);
    }));

  it('polls health with an empty connection, then Discover Versions twice', () =>
    Lab.run([], async (lab, vcenter) => {
      vcenter.start();
      await lab.clock.after(299_000);
      expect(lab.wire.conversations).toEqual([]);
      await lab.clock.after(2_000);
      expect(lab.wire.conversations).toEqual([
        { to: 'kms-1', requests: [], answers: [] },
        { to: 'kms-1', requests: [firstFrame, secondDiscover], answers: expect.anything() },
        { to: 'kms-2', requests: [], answers: [] },
        { to: 'kms-2', requests: [firstFrame, secondDiscover], answers: expect.anything() },
      ]);
      await lab.clock.after(300_000);
      expect(lab.wire.conversations).toHaveLength(8);
    }));

  it('looks at a server certificate by an empty connection, and asks versions and vendor once it is trusted', () =>
    Lab.run([], async (lab, vcenter) => {
      const certificate = await as(vcenter).cryptoManager.retrieveKmipServerCert(PROVIDER, KMS_1);
      await as(vcenter).cryptoManager.uploadKmipServerCert(PROVIDER, KMS_1, certificate);
      expect(lab.wire.conversations.map(({ requests }) => requests)).toEqual([
        [],
        [firstFrame, secondDiscover],
        [firstFrame, request(batchItem(OPERATION.Query, 1, enumeration('420074', 3)))],
      ]);
    }));

  it('goes on when the server refuses to add attributes', () =>
    Lab.run([ESX_1], async (lab, vcenter) => {
      lab.servers.addAttribute = 'refused';
      await lab.encryptedVm(vcenter);
      expect(lab.events.filter(({ type }) => type === 'TAGGING_REFUSED')).toHaveLength(4);
      expect(vcenter.vms()).toMatchObject([{ cryptoState: 'unlocked', keyId: { keyId: 'key-1' } }]);
    }));
});
