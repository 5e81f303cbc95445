// A lab that stays up, as its users drive it: each command a process of its own, and the lab killed between any two.
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { good, labForEachTest, refusal } from '../support/lab-commands.js';
import { runCli } from '../support/run-cli.js';

const lab = labForEachTest();

describe('a lab that stays up', () => {
  it('takes orders from other processes, is ended, and leaves a scenario that repeats them', async () => {
    const ready = JSON.parse(good(await lab().up(lab().topology)));
    expect(ready).toEqual({ ready: true, socket: join(lab().dir, 'control.sock') });
    expect(lstatSync(lab().dir).mode & 0o777).toBe(0o700);
    expect(lstatSync(ready.socket).mode & 0o777).toBe(0o600);
    expect(good(await lab().order('vm.create payroll'))).toBe('payroll has one encrypted disk of 64 KiB.\n');
    expect(refusal(await lab().order('vm.power-on payroll', '--as', 'alice'))).toMatch(
      /^1 vcryptsim: NoPermission: vCenter knows no user alice/,
    );
    good(await lab().order('vm.power-on payroll'));
    good(await lab().order('vm.write payroll --lba 3 --text "TOP SECRET"'));
    expect(refusal(await lab().order('vm.reconfigure payroll --policy "Datastore Default"'))).toMatch(
      /^1 vcryptsim: InvalidPowerState: /,
    );
    good(await lab().order('vm.power-off payroll'));
    good(await lab().order('vm.reconfigure payroll --policy "Datastore Default"'));
    expect(good(await lab().run('status'))).toMatch(/^ {2}payroll +vm-\d+ +esx-1 +poweredOff +unlocked +no$/m);
    const again = JSON.parse((await lab().order('vm.reconfigure payroll --crypto ShallowRecrypt', '--json')).stdout);
    expect(again).toMatchObject({
      ok: false,
      fault: 'InvalidVmConfig',
      messageKey: expect.stringContaining('notEncrypted'),
    });
    good(await lab().order('vm.reconfigure payroll --policy "VM Encryption Policy"'));
    good(await lab().order('vm.reconfigure payroll --crypto ShallowRecrypt'));
    good(await lab().order('vm.power-on payroll'));
    const status = good(await lab().run('status'));
    expect(status).toMatch(/^ {2}payroll +vm-\d+ +esx-1 +poweredOn +unlocked +yes$/m);
    expect(status).toMatch(/^ {2}KEK of payroll \w{8} +bytes +ID only +bytes +bytes/m);
    const seen = JSON.parse(good(await lab().run('status', '--json')));
    expect(seen).toMatchObject({ version: 1, hosts: [{ name: 'esx-1', boot: 1 }, { name: 'esx-2' }], alarms: [] });
    const following = lab().run('log', '--follow', '--json');
    const answer = JSON.parse((await lab().order('vm.create payroll', '--json')).stdout);
    expect(answer).toEqual({
      ...{ version: 1, ok: false, fault: 'AlreadyExists', messageKey: null, privilege: null, object: 'payroll' },
      text: expect.stringContaining('payroll'),
    });
    expect(good(await lab().run('down'))).toContain('The lab is down.');
    const told = good(await following)
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(told).toContainEqual(expect.objectContaining({ version: 1, kind: 'kmip' }));
    expect(told.map(({ event }) => event?.type)).toEqual(expect.arrayContaining(['VM_CREATED', 'TASK_ENDED']));
    expect(existsSync(ready.socket)).toBe(false);
    expect(refusal(await lab().order('wait 1s'))).toMatch(/^3 vcryptsim: No lab is up at /);
    good(await runCli(['scenario', 'lint', join(lab().dir, 'replay.yaml')]));
    good(await runCli(['run', join(lab().dir, 'replay.yaml'), '--quiet']));
  });

  it('comes back from its folder whenever it is killed, with nothing in memory', async () => {
    good(await lab().up(lab().topology));
    await lab().kill();
    good(await lab().up());
    good(await lab().order('vm.create payroll'));
    await lab().kill();
    good(await lab().up());
    good(await lab().order('vm.power-on payroll'));
    good(await lab().order('vm.write payroll --lba 3 --text "TOP SECRET"'));
    await lab().kill();
    expect(existsSync(join(lab().dir, 'control.sock'))).toBe(true);
    expect(refusal(await lab().order('wait 1s'))).toMatch(/^3 vcryptsim: No lab is up at /);
    good(await lab().up(lab().topology));
    expect(refusal(await lab().order('vm.read payroll --lba 3'))).toMatch(/^1 vcryptsim: InvalidPowerState: /);
    good(await lab().order('vm.power-on payroll'));
    expect(good(await lab().order('vm.read payroll --lba 3'))).toContain("read 'TOP SECRET'");
    expect(refusal(await lab().order('vm.digest payroll'))).toMatch(/^3 vcryptsim: LEDGER_LOST: /);
    await lab().kill();
    good(await lab().up());
    good(await lab().run('down'));
    const steps = readFileSync(join(lab().dir, 'replay.yaml'), 'utf8').split('\n');
    expect(steps.filter((line) => line.includes('site.power-cut'))).toHaveLength(4);
    good(await runCli(['run', join(lab().dir, 'replay.yaml'), '--quiet', '--wire', 'memory']));
  });
});
