// A topology with as many VMs as are possible is read once, and one mistake in it is told by its place.
import { type FileSystem, makeFolders, replaceFile } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../src/language/problem.js';
import { loadFile } from '../src/scenario/load-scenario.js';

const VMS = 10_000;
const hosts = Array.from({ length: 32 }, (_, index) => `esx-${index + 1}`);

/** A topology whose VM number `wrong` is on a host that is not there. */
function topologyOf(vms: number, wrong = -1): string {
  const lines = Array.from({ length: vms }, (_, index) => {
    const host = index === wrong ? 'esx-99' : hosts[index % hosts.length];
    return `    vm-a${index}: { host: ${host}, disk: 64KiB }\n`;
  });
  return `name: n\nabout: a\nlab:\n  hosts: [${hosts.join(', ')}]\n  vms:\n${lines.join('')}`;
}

async function lint(text: string) {
  const files = new MemoryFileSystem();
  await makeFolders(files, '/s');
  await replaceFile(files, '/s/x.yaml', new TextEncoder().encode(text));
  let opened = 0;
  const counting = new Proxy<FileSystem>(files, {
    get: (target, name) => {
      const member = Reflect.get(target, name);
      if (name === 'open') opened++;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  try {
    return { loaded: await loadFile({ files: counting, path: '/s/x.yaml', shownAs: 'x.yaml' }), opened };
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return { problems: error.message.split('\n'), opened };
  }
}

describe(`a topology of ${VMS} VMs`, () => {
  it('is read once and taken', async () => {
    const { loaded, opened } = await lint(topologyOf(VMS));
    expect(loaded && 'topology' in loaded && Object.keys(loaded.topology.lab.vms)).toHaveLength(VMS);
    expect(opened).toBe(1);
  });

  it('is told its one mistake, by its place and with the word that was probably meant', async () => {
    const { problems } = await lint(topologyOf(VMS, VMS - 1));
    expect(problems).toEqual([
      expect.stringMatching(/^x\.yaml:10005:\d+: host 'esx-99' is not in this lab; .*Did you mean 'esx-9'\?$/),
    ]);
  });

  it('is refused with one more, in one sentence', async () => {
    const { problems } = await lint(topologyOf(VMS + 1));
    expect(problems).toEqual([expect.stringMatching(/^x\.yaml:6:\d+: at most 10000 VMs are possible\.$/)]);
  });
});
