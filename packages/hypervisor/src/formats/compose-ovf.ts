import { escapeXml } from '@vcryptsim/ports';

/** A disk of an exported VM. */
export interface OvfDisk {
  /** The streamOptimized file beside the OVF. */
  readonly fileName: string;
  readonly fileBytes: number;
  readonly capacityBytes: number;
  /** Where it is attached. */
  readonly bus: 'scsi' | 'nvme' | 'sata' | 'ide';
  readonly controller: number;
  readonly unit: number;
}

/** What an OVF says of a VM. */
export interface OvfSpec {
  readonly name: string;
  /** As the VMX spells it: `other5xlinux-64`. */
  readonly guestId: string;
  /** Of the virtual hardware: 19 becomes `vmx-19`. */
  readonly hardwareVersion: string;
  readonly cpus: number;
  readonly memoryMiB: number;
  /** `virtualDev` of a SCSI controller: pvscsi, lsilogic, lsisas1068, buslogic. */
  readonly scsiModel: string;
  readonly isEfi: boolean;
  readonly disks: readonly OvfDisk[];
}

const NAMESPACES = [
  'xmlns="http://schemas.dmtf.org/ovf/envelope/1"',
  'xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"',
  'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"',
  'xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"',
  'xmlns:vmw="http://www.vmware.com/schema/ovf"',
];
const STREAM_FORMAT = 'http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized';
/** Resource types of CIM_ResourceAllocationSettingData. */
const RESOURCE = { cpu: 3, memory: 4, ide: 5, scsi: 6, disk: 17, storage: 20 } as const;
/** "Other" of CIM_OperatingSystem.OSType: the exact one is in `vmw:osType`. */
const OS_OTHER = 1;

/**
 * Writes an OVF 1.1 envelope (DMTF DSP0243 1.1.0, sections 7 to 9) as vCenter writes one for a VM with disks: References,
 * DiskSection, one VirtualSystem. The parts of an Item come in alphabetical order, as the schema wants them. Of the
 * hardware only what a disk needs is told; no network, no devices.
 */
export function composeOvf(spec: OvfSpec): string {
  const disks = spec.disks.map((disk, at) => ({ ...disk, file: `file${at + 1}`, id: `vmdisk${at + 1}` }));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Envelope ${NAMESPACES.join(' ')}>`,
    '  <References>',
    ...disks.map(
      ({ fileName, fileBytes, file }) =>
        `    <File ovf:href="${escapeXml(fileName)}" ovf:id="${file}" ovf:size="${fileBytes}"/>`,
    ),
    '  </References>',
    '  <DiskSection>',
    '    <Info>Virtual disk information</Info>',
    ...disks.map(
      ({ capacityBytes, id, file }) =>
        `    <Disk ovf:capacity="${capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="${id}" ovf:fileRef="${file}" ovf:format="${STREAM_FORMAT}"/>`,
    ),
    '  </DiskSection>',
    `  <VirtualSystem ovf:id="${escapeXml(spec.name)}">`,
    '    <Info>A virtual machine</Info>',
    `    <Name>${escapeXml(spec.name)}</Name>`,
    `    <OperatingSystemSection ovf:id="${OS_OTHER}" vmw:osType="${escapeXml(guestTypeOf(spec.guestId))}">`,
    '      <Info>The kind of installed guest operating system</Info>',
    '    </OperatingSystemSection>',
    '    <VirtualHardwareSection>',
    '      <Info>Virtual hardware requirements</Info>',
    '      <System>',
    '        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>',
    '        <vssd:InstanceID>0</vssd:InstanceID>',
    `        <vssd:VirtualSystemIdentifier>${escapeXml(spec.name)}</vssd:VirtualSystemIdentifier>`,
    `        <vssd:VirtualSystemType>vmx-${escapeXml(spec.hardwareVersion)}</vssd:VirtualSystemType>`,
    '      </System>',
    ...itemsOf(spec, disks),
    ...(spec.isEfi ? ['      <vmw:Config ovf:required="false" vmw:key="firmware" vmw:value="efi"/>'] : []),
    '    </VirtualHardwareSection>',
    '  </VirtualSystem>',
    '</Envelope>',
  ];
  return `${lines.join('\n')}\n`;
}

function itemsOf(spec: OvfSpec, disks: readonly (OvfDisk & { readonly id: string })[]): string[] {
  const controllers = [...new Set(disks.map(({ bus, controller }) => `${bus}${controller}`))];
  const firstController = 3;
  return [
    ...item({
      AllocationUnits: 'hertz * 10^6',
      ElementName: `${spec.cpus} virtual CPU(s)`,
      InstanceID: 1,
      ResourceType: RESOURCE.cpu,
      VirtualQuantity: spec.cpus,
    }),
    ...item({
      AllocationUnits: 'byte * 2^20',
      ElementName: `${spec.memoryMiB}MB of memory`,
      InstanceID: 2,
      ResourceType: RESOURCE.memory,
      VirtualQuantity: spec.memoryMiB,
    }),
    ...controllers.flatMap((name, at) => controllerItem(name, firstController + at, spec.scsiModel)),
    ...disks.flatMap(({ bus, controller, unit, id }, at) =>
      item({
        AddressOnParent: unit,
        ElementName: `Hard disk ${at + 1}`,
        HostResource: `ovf:/disk/${id}`,
        InstanceID: firstController + controllers.length + at,
        Parent: firstController + controllers.indexOf(`${bus}${controller}`),
        ResourceType: RESOURCE.disk,
      }),
    ),
  ];
}

function controllerItem(name: string, instance: number, scsiModel: string): string[] {
  const [, bus = 'scsi', number = '0'] = /^([a-z]+)(\d+)$/.exec(name) ?? [];
  const kinds: ReadonlyMap<string, readonly [type: number, subType: string | null, shown: string]> = new Map([
    ['scsi', [RESOURCE.scsi, scsiTypeOf(scsiModel), 'SCSI controller']],
    ['sata', [RESOURCE.storage, 'vmware.sata.ahci', 'SATA controller']],
    ['nvme', [RESOURCE.storage, 'vmware.nvme.controller', 'NVME controller']],
    ['ide', [RESOURCE.ide, null, 'IDE controller']],
  ]);
  const [type, subType, shown] = kinds.get(bus) ?? [RESOURCE.storage, null, bus];
  return item({
    Address: number,
    ElementName: `${shown} ${number}`,
    InstanceID: instance,
    ...(subType === null ? {} : { ResourceSubType: subType }),
    ResourceType: type,
  });
}

function item(fields: Readonly<Record<string, string | number>>): string[] {
  const entries = Object.entries(fields).map(
    ([name, value]) => `        <rasd:${name}>${escapeXml(String(value))}</rasd:${name}>`,
  );
  return ['      <Item>', ...entries, '      </Item>'];
}

/** As OVF names the controllers that a VMX calls pvscsi, lsilogic ... */
function scsiTypeOf(model: string): string {
  return (
    new Map([
      ['pvscsi', 'VirtualSCSI'],
      ['lsisas1068', 'lsilogicsas'],
    ]).get(model.toLowerCase()) ?? model
  );
}

/** `other5xlinux-64` of a VMX is `other5xLinux64Guest` in the API; what is not known keeps its letters. */
function guestTypeOf(guestId: string): string {
  if (guestId === 'other-64') return 'otherGuest64';
  return `${guestId.replaceAll('-', '').replace('linux', 'Linux')}Guest`;
}
