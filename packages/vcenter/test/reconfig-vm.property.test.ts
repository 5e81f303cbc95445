// Whatever is asked of ReconfigVM_Task in whatever order: files and records agree, a refusal changes nothing, the data stays.
import { createHash } from 'node:crypto';
import { sectorCount, sectorIndex, type VmName } from '@vcryptsim/ports';
import { DATASTORE_DEFAULT, type ReconfigVmArguments } from '@vcryptsim/vcenter';
import { checkCompliance } from '@vcryptsim/vcenter/catalogue';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, type Lab } from './support/lab.js';
import { withRealHost } from './support/real-hosts.js';

const POLICY = 'VM Encryption Policy';
const SECTORS = 16;
const dataOf = (deviceKey: number) => new Uint8Array(SECTORS * 512).fill(deviceKey % 251);

const policy = fc.constantFrom(POLICY, DATASTORE_DEFAULT);
const crypto = fc
  .constantFrom('Encrypt', 'Decrypt', 'ShallowRecrypt', 'DeepRecrypt', 'NoOp')
  .map((type) => ({ type }) as NonNullable<ReconfigVmArguments['crypto']>);
const optional = { requiredKeys: [] };
const disk = (deviceKey: number) => fc.record({ policy, crypto }, optional).map((more) => ({ deviceKey, ...more }));
const anything: fc.Arbitrary<ReconfigVmArguments> = fc.record(
  {
    policy,
    crypto,
    disks: fc.oneof(
      fc.tuple(disk(2000)),
      fc.tuple(disk(2001)),
      fc.tuple(disk(2001), disk(2000)),
    ) as unknown as fc.Arbitrary<NonNullable<ReconfigVmArguments['disks']>>,
    rewrite: fc.constantFrom('beside' as const, 'inPlace' as const),
  },
  optional,
);
/** What people ask for, beside what nobody should. */
const recrypt = fc
  .constantFrom('ShallowRecrypt', 'DeepRecrypt')
  .map((type): ReconfigVmArguments => ({ crypto: { type } as NonNullable<ReconfigVmArguments['crypto']> }));
const args = fc.oneof(
  { weight: 2, arbitrary: policy.map((name): ReconfigVmArguments => ({ policy: name })) },
  { weight: 2, arbitrary: recrypt },
  { weight: 3, arbitrary: anything },
);
const call = fc.record({
  args,
  via: fc.constantFrom('client' as const, 'api' as const),
  isRunning: fc.constantFrom(true, false, false, false),
});

async function digestOf(lab: Lab): Promise<string> {
  const hash = createHash('sha256');
  for (const [path, bytes] of await lab.filesUnder('/datastores')) {
    if (path.endsWith('.log') || /\/\.(lock|vh)\.sf\//.test(path)) continue;
    hash.update(path).update(bytes);
  }
  return hash.digest('hex');
}

it('[S24] [S31] keeps files, records and policies in step, and the data as it was, whatever is asked', async () => {
  let done = 0;
  let refused = 0;
  const walk = async (
    isEncrypted: boolean,
    calls: readonly (typeof call extends fc.Arbitrary<infer T> ? T : never)[],
  ) =>
    withRealHost(async (lab, vcenter, hosts) => {
      await as(vcenter).createVm({
        ...{ name: 'payroll' as VmName, host: ESX_1, policy: isEncrypted ? POLICY : DATASTORE_DEFAULT },
        disks: [{ capacity: sectorCount(SECTORS) }, { capacity: sectorCount(SECTORS), dataUnitSizeBytes: 4096 }],
      });
      const vm = vcenter.vms()[0]!.uuid;
      const host = await hosts.connect(ESX_1);
      const onEachDisk = async (
        use: (disk: Awaited<ReturnType<typeof host.openDisk>>, data: Uint8Array) => Promise<void>,
      ) => {
        expect((await as(vcenter).powerOnVm(vm)).error).toBeNull();
        for (const deviceKey of [2000, 2001]) await use(await host.openDisk(vm, deviceKey), dataOf(deviceKey));
        await as(vcenter).powerOffVm(vm);
      };
      await onEachDisk(async (each, data) => {
        await each.writeSectors(sectorIndex(0), data);
        await each.flush();
      });
      for (const { args: asked, via, isRunning } of calls) {
        if (isRunning) await as(vcenter).powerOnVm(vm);
        const before = { files: await digestOf(lab), vms: vcenter.vms(), keys: lab.servers.keys.size };
        const { error } = await as(vcenter, undefined, via).reconfigVm(vm, asked);
        const [record] = vcenter.vms();
        const info = await host.vm(vm);
        expect([record!.keyId, ...record!.disks.map(({ keyId }) => keyId)]).toEqual([
          info.keyId,
          ...info.disks.map(({ keyId }) => keyId),
        ]);
        if (info.keyId === null) expect(info.disks.map(({ keyId }) => keyId)).toEqual([null, null]);
        if (error) {
          expect({ files: await digestOf(lab), vms: vcenter.vms(), keys: lab.servers.keys.size }).toEqual(before);
          refused += 1;
        } else {
          const [home] = await as(vcenter).session.call(checkCompliance, null, { vms: [record!.id] });
          if (asked.policy === POLICY) expect([home?.status, info.keyId !== null]).toEqual(['compliant', true]);
          if (asked.policy === DATASTORE_DEFAULT) expect([home?.status, info.keyId]).toEqual(['notApplicable', null]);
          done += 1;
        }
        if (isRunning) await as(vcenter).powerOffVm(vm);
      }
      await onEachDisk(async (each, data) => {
        const read = new Uint8Array(data.length);
        await each.readSectors(sectorIndex(0), read);
        expect(Buffer.compare(read, data)).toBe(0);
      });
    });
  await fc.assert(fc.asyncProperty(fc.boolean(), fc.array(call, { minLength: 3, maxLength: 8 }), walk), {
    numRuns: 25,
    seed: 31,
  });
  process.stderr.write(`COUNTED reconfigurations: ${done} done, ${refused} refused\n`);
  expect(Math.min(done, refused)).toBeGreaterThan(20);
});
