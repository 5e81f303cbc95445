import type { VmName, VmUuid } from '@vcryptsim/ports';
import { readWhole, replaceFile } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { faultOf, Lab, OTHER_VM, plainVm, VM } from './support/lab.js';

const THIRD_VM = '6b6b6b6b-6c0f-4d2a-9d6e-0a1b2c3d4e5f' as VmUuid;

/** A host with three plain VMs, shut down. */
async function three(): Promise<{ lab: Lab; path: string; list: string }> {
  const lab = await Lab.boot();
  await lab.host.createVm(plainVm());
  await lab.host.createVm(plainVm({ name: 'two' as VmName, uuid: OTHER_VM }));
  await lab.host.createVm(plainVm({ name: 'three' as VmName, uuid: THIRD_VM }));
  await lab.host.shutDown();
  const path = `${lab.hostFolder}/vmInventory.vmls`;
  return { lab, path, list: Buffer.from(await readWhole(lab.files, path, 1e6)).toString() };
}

const textOf = async (lab: Lab, path: string): Promise<string> =>
  Buffer.from(await readWhole(lab.files, path, 1e6)).toString('latin1');

describe('the inventory keeps every entry', () => {
  it('over a gap in the numbers', async () => {
    const { lab, path, list } = await three();
    await replaceFile(lab.files, path, Buffer.from(list.replaceAll('vmlist2.', 'vmlist7.')));
    await lab.bootHost();
    expect((await lab.host.vms()).map(({ name }) => name)).toEqual(['web', 'three', 'two']);
    await lab.host.unregisterVm(VM);
    await lab.host.registerVm('[ds1] web/web.vmx');
    await lab.reboot();
    expect((await lab.host.vms()).map(({ name }) => name)).toEqual(['three', 'two', 'web']);
    expect(await textOf(lab, path)).toMatch(/vmlist8\.config = "\[ds1\] web\/web\.vmx"/);
  });

  it('with comments, unknown lines and line ends', async () => {
    const { lab, path, list } = await three();
    const odd = `# by hand\r\nmy.note = "kept"\r\n${list}`;
    await replaceFile(lab.files, path, Buffer.from(odd));
    await lab.bootHost();
    await lab.host.unregisterVm(OTHER_VM);
    const after = await textOf(lab, path);
    expect(after).toBe(odd.replace(/^vmlist2\..*\n/gm, ''));
  });
});

describe('a bad line costs one VM and not the host', () => {
  it.each<[string, (list: string) => string, number, string]>([
    ['a path of another form', (list) => list.replace('[ds1] two/two.vmx', '../../etc/passwd'), 5, 'vmlist2.config'],
    ['a UUID that is none', (list) => list.replace(OTHER_VM, 'x'), 6, 'vmlist2.uuid'],
    ['a UUID twice', (list) => list.replace(OTHER_VM, VM), 6, 'occurs twice'],
    ['a lost quote', (list) => list.replace(/(vmlist2\.config = .*)"/, '$1'), 5, 'vmlist2.config'],
    ['a line that is none', (list) => list.replace(/vmlist2\.config = /, 'vmlist2.config '), 5, 'not of the form'],
    ['a control character', (list) => list.replace('vmlist2.uuid', 'vmlist2.uuid\u0001'), 6, 'control character'],
    ['a line that is missing', (list) => list.replace(/^vmlist2\.uuid.*\n/m, ''), 5, 'vmlist2.uuid is missing'],
  ])('%s', async (_name, change, line, says) => {
    const { lab, path, list } = await three();
    const bad = change(list);
    expect(bad).not.toBe(list);
    await replaceFile(lab.files, path, Buffer.from(bad));
    await lab.bootHost();
    const vms = await lab.host.vms();
    expect(vms.map(({ connectionState }) => connectionState)).toEqual(['connected', 'invalid', 'connected']);
    const [, broken] = vms;
    expect(broken).toMatchObject({ damage: 'FILE_DAMAGED', name: 'two' });
    expect(broken?.problem).toContain(`vmInventory.vmls, line ${line}`);
    expect(broken?.problem).toContain(says);
    expect(lab.events).toContainEqual({ type: 'INVENTORY_LINE_UNREADABLE', line });
    await lab.host.powerOnVm(VM);
    expect(await faultOf(lab.host.powerOnVm(broken?.uuid ?? VM))).toMatchObject({ code: 'FILE_DAMAGED', line });
    // Saving keeps it; only taking it out takes it out.
    await lab.host.powerOffVm(VM);
    await lab.host.unregisterVm(VM);
    expect(await textOf(lab, path)).toBe(bad.replace(/^vmlist1\..*\n/gm, ''));
    await lab.host.unregisterVm(broken?.uuid ?? VM);
    expect((await lab.host.vms()).map(({ uuid }) => uuid)).toEqual([THIRD_VM]);
    await lab.reboot();
    expect((await lab.host.vms()).map(({ uuid }) => uuid)).toEqual([THIRD_VM]);
    await lab.host.registerVm('[ds1] two/two.vmx');
  });

  it.each([
    ['text that is none', Buffer.from('x')],
    ['bytes', Buffer.from('0080ff00fe0a0d', 'hex')],
    ['nothing', Buffer.alloc(0)],
    ['an encoding of nobody', Buffer.from('.encoding = "none"\n\xff = "\xff"\n', 'latin1')],
  ])('%s alone: a host without VMs, and the bytes stay', async (_name, bytes) => {
    const { lab, path } = await three();
    await replaceFile(lab.files, path, bytes);
    await lab.bootHost();
    expect(await lab.host.vms()).toEqual([]);
    await lab.host.registerVm('[ds1] web/web.vmx');
    expect((await textOf(lab, path)).startsWith(bytes.toString('latin1').replace(/\0+$/, ''))).toBe(true);
    await lab.reboot();
    expect((await lab.host.vms()).map(({ uuid }) => uuid)).toEqual([VM]);
  });
});
