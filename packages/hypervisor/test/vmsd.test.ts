// The list of snapshots: a file as ESXi writes it, what is written here, and what is refused.
import { formatVmsd, parseVmsd, type Vmsd } from '@vcryptsim/hypervisor/formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const FILE = '[ds1] web/web.vmsd';
const bytes = (text: string) => new TextEncoder().encode(text);
const damaged = expect.objectContaining({ name: 'HypervisorError', code: 'FILE_DAMAGED' });

/** In the order of facts/vsphere-formats.md Q1, with its signed low word. */
const OF_ESXI = `.encoding = "UTF-8"
snapshot.lastUID = "3"
snapshot.current = "3"
snapshot0.uid = "1"
snapshot0.filename = "web-Snapshot1.vmsn"
snapshot0.displayName = "before the update"
snapshot0.createTimeHigh = "375541"
snapshot0.createTimeLow = "-814770620"
snapshot0.numDisks = "2"
snapshot0.disk0.fileName = "web.vmdk"
snapshot0.disk0.node = "scsi0:0"
snapshot0.disk1.fileName = "web_1.vmdk"
snapshot0.disk1.node = "nvme0:0"
snapshot.numSnapshots = "2"
snapshot1.uid = "3"
snapshot1.filename = "web-Snapshot3.vmsn"
snapshot1.parent = "1"
snapshot1.displayName = "with memory"
snapshot1.description = "two|0Alines"
snapshot1.type = "1"
snapshot1.createTimeHigh = "375541"
snapshot1.createTimeLow = "1000"
snapshot1.numDisks = "1"
snapshot1.disk0.fileName = "web-000001.vmdk"
snapshot1.disk0.node = "scsi0:0"
`;

const LIST: Vmsd = {
  lastUid: 3,
  current: 3,
  needConsolidate: false,
  snapshots: [
    {
      uid: 1,
      fileName: 'web-Snapshot1.vmsn',
      parent: null,
      displayName: 'before the update',
      hasMemory: false,
      createdAtMs: 1_612_940_794_252.42,
      disks: [
        { node: 'scsi0:0', fileName: 'web.vmdk' },
        { node: 'nvme0:0', fileName: 'web_1.vmdk' },
      ],
    },
    {
      uid: 3,
      fileName: 'web-Snapshot3.vmsn',
      parent: 1,
      displayName: 'with memory',
      description: 'two\nlines',
      hasMemory: true,
      createdAtMs: (375_541 * 2 ** 32 + 1000) / 1000,
      disks: [{ node: 'scsi0:0', fileName: 'web-000001.vmdk' }],
    },
  ],
};

describe('a list of snapshots', () => {
  it('is read as ESXi writes it', () => {
    const list = parseVmsd(bytes(OF_ESXI), FILE);
    const low = 2 ** 32 - 814_770_620;
    expect(list).toEqual({
      ...LIST,
      snapshots: [{ ...LIST.snapshots[0], createdAtMs: (375_541 * 2 ** 32 + low) / 1000 }, LIST.snapshots[1]],
    });
  });

  it('is written in the order of ESXi, times in whole milliseconds', () => {
    const [first, second] = LIST.snapshots;
    const whole = { ...LIST, snapshots: [{ ...first!, createdAtMs: 1_612_940_794_252 }, second!] };
    const lines = new TextDecoder().decode(formatVmsd(whole)).split('\n');
    const times = /createTime/;
    expect(lines.filter((line) => !times.test(line))).toEqual(OF_ESXI.split('\n').filter((line) => !times.test(line)));
    expect(lines.map((line) => line.split(' ')[0])).toEqual(OF_ESXI.split('\n').map((line) => line.split(' ')[0]));
    expect(parseVmsd(formatVmsd(whole), FILE).snapshots[0]?.createdAtMs).toBe(1_612_940_794_252);
  });

  it('is 0 bytes of a VM that never had a snapshot, and keeps the highest uid when all are gone', () => {
    const none: Vmsd = { lastUid: 0, current: null, needConsolidate: false, snapshots: [] };
    expect(formatVmsd(none)).toEqual(new Uint8Array(0));
    expect(parseVmsd(new Uint8Array(0), FILE)).toEqual(none);
    const gone = { ...none, lastUid: 5 };
    expect(new TextDecoder().decode(formatVmsd(gone))).toBe(
      '.encoding = "UTF-8"\nsnapshot.lastUID = "5"\nsnapshot.numSnapshots = "0"\n',
    );
    expect(parseVmsd(formatVmsd(gone), FILE)).toEqual(gone);
    const due = { ...gone, needConsolidate: true };
    expect(parseVmsd(formatVmsd(due), FILE)).toEqual(due);
  });

  it.each([
    ['a uid twice', 'snapshot1.uid = "3"', 'snapshot1.uid = "1"'],
    ['a uid of 0', 'snapshot0.uid = "1"', 'snapshot0.uid = "0"'],
    ['no uid', 'snapshot0.uid = "1"\n', ''],
    ['a parent that is not there', 'parent = "1"', 'parent = "2"'],
    ['its own parent', 'parent = "1"', 'parent = "3"'],
    ['a current one that is not there', 'current = "3"', 'current = "7"'],
    ['a uid above the highest', 'lastUID = "3"', 'lastUID = "2"'],
    ['a file elsewhere', '"web-Snapshot1.vmsn"', '"../web-Snapshot1.vmsn"'],
    ['a disk elsewhere', '"web-000001.vmdk"', '"/vmfs/web-000001.vmdk"'],
    ['a number that is none', 'numSnapshots = "2"', 'numSnapshots = "two"'],
    ['more snapshots than are read', 'numSnapshots = "2"', 'numSnapshots = "999999999"'],
    ['more disks than are read', 'snapshot0.numDisks = "2"', 'snapshot0.numDisks = "999999999"'],
    ['a time that is none', 'createTimeLow = "1000"', 'createTimeLow = "0x10"'],
    ['no name of a file', 'snapshot0.filename = "web-Snapshot1.vmsn"\n', ''],
  ])('is refused with %s', (_name, from, to) => {
    const edited = OF_ESXI.replace(from, to);
    expect(edited).not.toBe(OF_ESXI);
    expect(() => parseVmsd(bytes(edited), FILE)).toThrow(damaged);
  });

  it('is refused where parents form a circle, and read in time linear in its length', () => {
    const circle = OF_ESXI.replace('snapshot0.uid = "1"\n', 'snapshot0.uid = "1"\nsnapshot0.parent = "3"\n');
    expect(() => parseVmsd(bytes(circle), FILE)).toThrow(damaged);
    const chain: Vmsd = {
      ...LIST,
      lastUid: 1000,
      current: 1000,
      snapshots: Array.from({ length: 1000 }, (_, index) => ({
        ...LIST.snapshots[0]!,
        uid: index + 1,
        parent: index === 0 ? null : index,
        createdAtMs: index,
      })),
    };
    expect(parseVmsd(formatVmsd(chain), FILE)).toEqual(chain);
  });

  it('reads back whatever names and times it holds', () => {
    const texts = fc.string({ unit: 'grapheme', maxLength: 30 });
    fc.assert(
      fc.property(texts, texts, fc.nat(4_000_000_000_000), fc.boolean(), (displayName, description, at, hasMemory) => {
        const described = description === '' ? {} : { description };
        const { description: _, ...second } = LIST.snapshots[1]!;
        const one = { ...second, ...described, displayName, hasMemory, parent: null, createdAtMs: at };
        const list = { ...LIST, snapshots: [one] };
        expect(parseVmsd(formatVmsd(list), FILE)).toEqual(list);
      }),
    );
  });

  it('answers or refuses with a code, whatever comes', () => {
    const edits = fc.array(fc.tuple(fc.nat(OF_ESXI.length), fc.nat(8), fc.string({ maxLength: 4 })), { maxLength: 5 });
    fc.assert(
      fc.property(edits, (list) => {
        const text = list.reduce((sum, [at, cut, put]) => sum.slice(0, at) + put + sum.slice(at + cut), OF_ESXI);
        try {
          parseVmsd(bytes(text), FILE);
        } catch (error) {
          expect((error as Error).name).toBe('HypervisorError');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
