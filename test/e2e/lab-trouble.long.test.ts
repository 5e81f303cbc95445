// Whatever a user can do wrong with a lab that stays up: one sentence each, with the exit code, and nothing half done.
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { good, labForEachTest, refusal, TOPOLOGY } from '../support/lab-commands.js';
import { runCli } from '../support/run-cli.js';

const lab = labForEachTest();

describe('what is wrong with a lab is one sentence, and nothing is half done', () => {
  it('a folder that has something else, one that others may enter, one without a lab, one that a lab has', async () => {
    writeFileSync(join(lab().home, 'photo.jpg'), '');
    expect(refusal(await runCli(['lab', 'up', lab().topology, '--dir', lab().home]))).toMatch(
      /^3 vcryptsim: .* is not empty and has no lab\./,
    );
    expect(refusal(await lab().run('up'))).toMatch(/^3 vcryptsim: .*my-lab has no lab yet\. Name its topology/);
    expect(existsSync(lab().dir)).toBe(false);
    good(await lab().up(lab().topology));
    expect(refusal(await lab().run('up', lab().topology))).toMatch(
      /^3 vcryptsim: Process \d+ has .*my-lab\. End that lab first/,
    );
    good(await lab().run('down'));
    chmodSync(lab().dir, 0o755);
    expect(refusal(await lab().run('up'))).toMatch(/^3 vcryptsim: Others than you may enter .*chmod 700 /);
    chmodSync(lab().dir, 0o700);
    writeFileSync(lab().topology, TOPOLOGY.replace('esx-2]', 'esx-2, esx-3]'));
    expect(refusal(await lab().run('up', lab().topology))).toMatch(/^2 vcryptsim: .* has another lab, 'two hosts'\./);
    expect(refusal(await lab().run('up', '--clock', 'real'))).toMatch(/^2 vcryptsim: .* was set up with clock virtual/);
    writeFileSync(lab().topology, TOPOLOGY.replace('disk: 64KiB }', 'disk: 64KiB, cpu: 3 }'));
    expect(refusal(await lab().run('up', lab().topology))).toMatch(
      /^2 vcryptsim: bad topology\n.*two-hosts\.yaml:8:42: unknown word 'cpu'/,
    );
  });

  it('an order that is none, names that would act on a terminal', async () => {
    good(await lab().up(lab().topology));
    expect(refusal(await lab().order('vm.crate payroll'))).toBe(
      "2 vcryptsim: There is no verb 'vm.crate'. Did you mean 'vm.create'?",
    );
    const evil = await lab().order('vm.create \u001b[31mpay\u202eroll', '--as', '\u001b[2Jalice');
    expect(refusal(evil)).toMatch(/^2 vcryptsim: /);
    expect(`${evil.stdout}${evil.stderr}`).not.toMatch(/\p{Cf}|\p{Cc}(?<!\n)/u);
    expect(refusal(await lab().order('vm.power-on web'))).toMatch(
      /^2 vcryptsim: VM_NOT_CREATED: VM web does not exist in vCenter\./,
    );
  });

  it('an order while another is under way waits, and says so', async () => {
    good(await lab().up(lab().topology, '--clock', 'real'));
    const first = lab().order('wait 3s');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const second = await lab().order('vm.create payroll');
    expect(good(second)).toContain('payroll has one encrypted disk');
    expect(second.stderr).toContain('Waiting: another order is before this one.');
    good(await first);
  });
});
