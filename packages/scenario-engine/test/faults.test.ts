// Faults of machines, disks and ways, each as a step of a small scenario.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../src/index.js';
import { run, temporaryFolder, troubles } from './support/run.js';

const HEAD = `name: faults
about: what goes wrong in between
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1, esx-2]
  vms:
    web: { host: esx-1, disk: 64KiB }
    mail: { host: esx-2, disk: 64KiB }
steps:
`;

async function taken(steps: string): Promise<RunResult> {
  const path = join(temporaryFolder(), 'faults.yaml');
  writeFileSync(path, HEAD + steps);
  return run(path);
}

async function passes(steps: string): Promise<RunResult> {
  const result = await taken(steps);
  expect(troubles(result)).toEqual([]);
  expect(result.status).toBe('passed');
  return result;
}

/** The first problem that the linter finds. */
async function problem(step: string): Promise<string> {
  const error: unknown = await taken(step).then(
    () => null,
    (reason: unknown) => reason,
  );
  return String(error);
}

describe('fault.power-cut', () => {
  it('of a host ends the step in which it comes, and the host boots again', async () => {
    await passes(`
  - fault.power-cut: { host: esx-1, after-file-operations: 5, unsynced: lost }
    expect: { event: { source: run, type: FAULT_SET } }
  - vm.create: mail
  - vm.create: web
    expect:
      error: POWER_CUT
      event: { source: run, type: HOST_POWER_CUT }
  - wait: 1m
  - vm.create: web
  - vm.power-on: web
`);
  });

  it('of the site ends the step in which it comes, and everything boots again', async () => {
    await passes(`
  - vm.create: mail
  - vm.power-on: mail
  - fault.power-cut: { site: true, after-file-operations: 8 }
  - vm.write: { vm: mail, lba: 1, text: before }
  - vm.create: web
    expect:
      error: { code: POWER_CUT, contains: look before you repeat it }
      event: { source: run, type: SITE_POWER_CUT }
  - until: { vm.mail.state: unlocked, within: 1m }
  - vm.power-on: mail
  - vm.read: { vm: mail, lba: 1 }
    expect: { text: before }
`);
  });

  it('stays ordered until it comes, and is taken back by fault.clear', async () => {
    await passes(`
  - fault.power-cut: { host: esx-1, after-file-operations: 10000 }
  - vm.create: web
  - fault.power-cut: { host: esx-1, after-file-operations: 1 }
  - fault.clear: { power-cut: all }
  - vm.power-on: web
`);
  });

  it('is refused before the run where it says not who, or when', async () => {
    expect(await problem('  - fault.power-cut: { after-file-operations: 5 }\n')).toContain("'host' with a name");
    expect(await problem('  - fault.power-cut: { host: esx-1, site: true, after-file-operations: 5 }\n')).toContain(
      "'host' with a name",
    );
    expect(await problem('  - fault.power-cut: { host: esx-9, after-file-operations: 5 }\n')).toContain('esx-9');
    expect(await problem('  - fault.power-cut: { host: esx-1, after-file-operations: 0 }\n')).toContain('1');
  });
});

describe('fault.disk', () => {
  it('full: a datastore takes no VM, says so, and takes it when there is room', async () => {
    await passes(`
  - vm.create: mail
  - fault.disk: { place: datastore1, mode: full }
    expect: { event: { source: run, type: FAULT_SET } }
  - vm.create: web
    expect: { error: NO_SPACE }
  - vm.power-on: mail
    expect: { error: NO_SPACE }
  - fault.clear: { disk: datastore1 }
    expect: { event: { source: run, type: FAULT_CLEARED } }
  - vm.create: web
  - vm.power-on: web
  - vm.power-on: mail
`);
  });

  it('full: vCenter can keep nothing more, and goes on when there is room', async () => {
    await passes(`
  - vm.create: mail
  - fault.disk: { place: vcenter, mode: full }
  - vm.power-on: mail
    expect: { error: DATABASE_UNWRITABLE }
  - fault.clear: all
  - vm.power-on: mail
`);
  });

  it('io-error: one call fails, and what is asked again is done', async () => {
    await passes(`
  - vm.create: mail
  - fault.disk: { place: datastore1, mode: io-error, at-call: 3 }
  - vm.power-on: mail
    expect: { error: FILE_INACCESSIBLE }
  - vm.power-on: mail
`);
  });

  it('late: it takes its time, and nothing else', async () => {
    const result = await passes(`
  - vm.create: mail
  - fault.disk: { place: datastore1, mode: late, delay: 2s }
  - vm.power-on: mail
  - fault.clear: { disk: datastore1 }
  - wait: 1m
  - vm.power-off: mail
`);
    // A heartbeat that was under way is late too.
    const [late, soon] = [result.steps[2], result.steps[5]];
    expect(late?.durationMs).toBeGreaterThanOrEqual(4_000);
    expect(soon?.durationMs).toBe(0);
  });

  it('lying: after a power cut what it called durable is not there', async () => {
    await passes(`
  - vm.create: mail
  - vm.power-on: mail
  - vm.write: { vm: mail, lba: 0, text: before }
  - fault.disk: { place: datastore1, mode: lying }
  - vm.write: { vm: mail, lba: 0, text: after! }
  - vm.read: { vm: mail, lba: 0 }
    expect: { text: after! }
  - site.power-cut: { unsynced: lost }
  - until: { vm.mail.state: unlocked, within: 5m }
  - vm.power-on: mail
  - vm.read: { vm: mail, lba: 0 }
    expect: { text: before }
`);
  });

  it('is refused before the run where a word does not fit', async () => {
    expect(await problem('  - fault.disk: { place: nowhere, mode: full }\n')).toContain('nowhere');
    expect(await problem('  - fault.disk: { place: vcenter, mode: full, at-call: 3 }\n')).toContain('io-error only');
    expect(await problem('  - fault.disk: { place: vcenter, mode: full, delay: 3s }\n')).toContain('late only');
  });
});

describe('vCenter', () => {
  it('stops and starts: hosts go on without it, and it takes up what happened meanwhile', async () => {
    await passes(`
  - vm.create: web
  - vm.power-on: web
  - vcenter.stop: vcenter
    expect: { event: { source: vcenter, type: VCENTER_STOPPED } }
  - vcenter.stop: vcenter
  - vm.power-off: web
    expect: { error: VCENTER_STOPPED }
  - vm.write: { vm: web, lba: 0, text: nobody misses vCenter }
  - host.reboot: esx-1
    expect: { event: { source: esx-1, type: VM_LOCKED } }
  - wait: 10m
  - vcenter.start: vcenter
    expect: { event: { source: vcenter, type: VCENTER_BOOTED } }
  - vcenter.start: vcenter
  - until: { vm.web.state: unlocked, within: 1m }
  - vm.power-on: web
  - vm.read: { vm: web, lba: 0 }
    expect: { text: nobody misses vCenter }
`);
  });

  it('restored from an older backup knows no user of since, and meets the VMs at their hosts', async () => {
    await passes(`
  - vm.create: web
  - vcenter.backup: monday
  - user.add: alice
  - vm.create: mail
  - vcenter.restore: monday
    expect: { event: { source: vcenter, type: VCENTER_BOOTED } }
  - vm.power-on: web
    as: alice
    expect: { error: INVALID_LOGIN }
  - vm.power-on: mail
  - vm.power-on: web
  - host.reboot: esx-1
  - until: { vm.web.state: unlocked, within: 1m }
  - vcenter.restore: tuesday
    expect: { error: { code: NO_BACKUP, contains: monday } }
  - vm.power-on: web
`);
  });

  it('has a backup by a plain name only', async () => {
    expect(await problem('  - vcenter.backup: ../elsewhere\n')).toContain('letters, digits');
  });
});

describe('fault.link', () => {
  it('cut: vCenter loses the host, which goes on, and finds it again', async () => {
    await passes(`
  - vm.create: web
  - vm.power-on: web
  - fault.link: { between: [vcenter, esx-1], mode: cut }
  - vm.power-off: web
    expect:
      error: HOST_NOT_CONNECTED
      event: { source: vcenter, type: HOST_LOST }
  - wait: 30s
  - vm.write: { vm: web, lba: 0, text: the guest did not notice }
  - fault.clear: { link: [esx-1, vcenter] }
  - wait: 30s
    expect: { event: { source: vcenter, type: HOST_SEEN } }
  - vm.power-off: web
`);
  });

  it('hang: calls wait for it, and go on when it is mended; after a minute they end', async () => {
    const result = await passes(`
  - vm.create: web
  - fault.link: { between: [vcenter, esx-1], mode: hang }
  - vm.power-on: web
    expect: { error: HOST_NOT_CONNECTED }
  - fault.clear: all
  - vm.power-on: web
`);
    expect(result.steps[2]?.durationMs).toBeGreaterThanOrEqual(59_000);
    expect(result.steps[4]?.durationMs).toBeLessThan(1_000);
  });

  it('to a key server is its way, as fault.kms has it', async () => {
    await passes(`
  - fault.link: { between: [kms-1, vcenter], mode: cut }
  - vm.create: web
    expect: { error: KEY_GENERATION_FAILED }
  - fault.clear: { link: [vcenter, kms-1] }
  - vm.create: web
`);
  });

  it('is refused before the run where its ends are not a vCenter and a host or key server', async () => {
    expect(await problem('  - fault.link: { between: [esx-1, esx-2], mode: cut }\n')).toContain('one end is a vCenter');
    expect(await problem('  - fault.link: { between: [vcenter], mode: cut }\n')).toContain('two ends');
    expect(await problem('  - fault.link: { between: [vcenter, esx-7], mode: cut }\n')).toContain('esx-1');
  });
});

describe('host.hang', () => {
  it('answers nothing, neither vCenter nor a guest, until it is released', async () => {
    await passes(`
  - vm.create: web
  - vm.power-on: web
  - host.hang: esx-1
  - vm.write: { vm: web, lba: 0, text: lost in time }
    expect: { error: REFUSED }
  - wait: 3m
    expect: { event: { source: vcenter, type: HOST_LOST } }
  - vm.power-off: web
    expect: { error: HOST_NOT_CONNECTED }
  - host.release: esx-1
  - wait: 1m
  - vm.write: { vm: web, lba: 0, text: in time }
  - vm.read: { vm: web, lba: 0 }
    expect: { text: in time }
`);
  });

  it('ends with a reboot, and with a power cut', async () => {
    await passes(`
  - vm.create: web
  - host.hang: esx-1
  - host.reboot: esx-1
  - until: { vm.web.state: unlocked, within: 5m }
  - host.hang: esx-1
  - host.crash: esx-1
  - until: { vm.web.state: unlocked, within: 5m }
  - host.hang: esx-1
  - site.power-cut: all
  - until: { vm.web.state: unlocked, within: 5m }
  - vm.power-on: web
`);
  });
});

describe('faults', () => {
  it.each(['memory', 'tls'] as const)(
    'come at the same moment again with the same seed, on the %s wire',
    async (wire) => {
      const path = join(temporaryFolder(), 'again.yaml');
      writeFileSync(
        path,
        `${HEAD}
  - vm.create: mail
  - fault.power-cut: { site: true, after-file-operations: 30 }
  - vm.create: web
    expect: { error: POWER_CUT }
  - fault.link: { between: [vcenter, esx-2], mode: hang }
  - wait: 3m
  - fault.clear: all
  - fault.power-cut: { host: esx-1, after-file-operations: 4 }
  - vm.create: web
    expect: { error: POWER_CUT }
  - wait: 5m
`,
      );
      const [first, second] = [await run(path, { wire }), await run(path, { wire })];
      expect(troubles(first)).toEqual([]);
      expect(second.eventLogSha256).toBe(first.eventLogSha256);
      if (wire === 'memory') expect(second.datastoreSha256).toBe(first.datastoreSha256);
    },
  );
});

describe('files of a datastore, past every host', () => {
  it('are edited, copied and put back', async () => {
    await passes(`
  - vm.create: web
  - file.copy: { path: '[datastore1] web/web.vmdk', name: monday }
  - file.edit: { path: '[datastore1] web/web.vmdk', drop: encryptionKeys }
  - vm.power-on: web
    expect: { error: BUNDLE_MISSING }
  - file.edit: { path: '[datastore1] web/web.vmdk', find: is not there, put: x }
    expect: { error: TEXT_NOT_FOUND }
  - file.restore: tuesday
    expect: { error: { code: NO_COPY, contains: monday } }
  - file.restore: monday
  - vm.power-on: web
`);
  });

  it.each([
    ["file.edit: { path: '[datastore1] web/web.vmx' }", "give 'find' with 'put'"],
    ["file.edit: { path: '[datastore1] web/web.vmx', find: a }", "give 'find' with 'put'"],
    ["file.edit: { path: '[datastore1] web/web.vmx', add: a, drop: b }", "give 'find' with 'put'"],
    ["file.edit: { path: '[datastore1] web', add: a }", 'a path is as'],
    ["file.edit: { path: '[datastore1] ../web.vmx', add: a }", 'a path is as'],
    ["file.edit: { path: '[datastore1] web/..', add: a }", 'a path is as'],
    ["file.edit: { path: '[elsewhere] web/web.vmx', add: a }", "there is no datastore 'elsewhere'"],
    ["file.copy: { path: '[datastore1] web', name: ../monday }", 'letters, digits'],
  ])('%s is refused by lint', async (step, says) => {
    expect(await problem(`  - ${step}\n`)).toContain(says);
  });
});
