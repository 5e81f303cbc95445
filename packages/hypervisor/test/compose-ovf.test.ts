import { composeOvf, type OvfSpec } from '@vcryptsim/hypervisor/formats';
import { describe, expect, it } from 'vitest';

const disk = {
  fileName: 'a-disk1.vmdk',
  fileBytes: 512,
  capacityBytes: 1024,
  bus: 'scsi',
  controller: 0,
  unit: 0,
} as const;
const spec: OvfSpec = {
  name: 'a',
  guestId: 'other5xlinux-64',
  hardwareVersion: '19',
  cpus: 2,
  memoryMiB: 64,
  scsiModel: 'pvscsi',
  isEfi: true,
  disks: [disk],
};

/** The items of an OVF, as maps. */
function itemsOf(text: string): Record<string, string>[] {
  return [...text.matchAll(/<Item>([\s\S]*?)<\/Item>/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/<rasd:(\w+)>(.*?)<\/rasd:\1>/g)].map(([, name, value]) => [name, value])),
  );
}

describe('composeOvf', () => {
  it('attaches each disk to its own controller, whatever the bus', () => {
    const disks = [
      disk,
      { ...disk, fileName: 'a-disk2.vmdk', bus: 'nvme', unit: 3 } as const,
      { ...disk, fileName: 'a-disk3.vmdk', bus: 'sata', controller: 1, unit: 2 } as const,
      { ...disk, fileName: 'a-disk4.vmdk', unit: 5 } as const,
      { ...disk, fileName: 'a-disk5.vmdk', bus: 'ide', controller: 1, unit: 1 } as const,
    ];
    const items = itemsOf(composeOvf({ ...spec, disks }));
    const byId = new Map(items.map((item) => [item.InstanceID, item]));
    expect(byId.size).toBe(items.length);
    const found = items
      .filter(({ ResourceType }) => ResourceType === '17')
      .map((item) => [byId.get(item.Parent)?.ElementName, item.AddressOnParent, item.HostResource]);
    expect(found).toEqual([
      ['SCSI controller 0', '0', 'ovf:/disk/vmdisk1'],
      ['NVME controller 0', '3', 'ovf:/disk/vmdisk2'],
      ['SATA controller 1', '2', 'ovf:/disk/vmdisk3'],
      ['SCSI controller 0', '5', 'ovf:/disk/vmdisk4'],
      ['IDE controller 1', '1', 'ovf:/disk/vmdisk5'],
    ]);
    expect(byId.get('3')).toMatchObject({ ResourceSubType: 'VirtualSCSI', ResourceType: '6' });
  });

  it('writes names as text, never as markup', () => {
    const text = composeOvf({ ...spec, name: 'R&D <"x">' });
    expect(text).toContain('<Name>R&amp;D &lt;&quot;x&quot;&gt;</Name>');
    expect(text).not.toContain('<"x">');
  });

  it('names guest, hardware and firmware as the API does', () => {
    const text = composeOvf(spec);
    expect(text).toContain('vmw:osType="other5xLinux64Guest"');
    expect(text).toContain('<vssd:VirtualSystemType>vmx-19</vssd:VirtualSystemType>');
    expect(text).toContain('vmw:key="firmware" vmw:value="efi"');
    expect(composeOvf({ ...spec, isEfi: false, guestId: 'other-64' })).not.toContain('vmw:Config');
  });
});
