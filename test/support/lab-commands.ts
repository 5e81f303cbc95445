// The commands of a lab that stays up, each a process of its own, in a folder that is taken away.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import { type CliOutcome, hasStackTrace, runCli } from './run-cli.js';

export const TOPOLOGY = `name: two hosts
about: a cluster for a test
seed: 5
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1, esx-2]
  vms:
    payroll: { host: esx-1, disk: 64KiB }
    web: { host: esx-2, disk: 64KiB, policy: Datastore Default }
`;

/** The commands on one lab's folder. */
export class LabCommands {
  /** Folder around that of the lab. */
  readonly home = mkdtempSync(join(tmpdir(), 'vcryptsim-e2e-lab-'));
  readonly dir = join(this.home, 'my-lab');
  readonly topology = join(this.home, 'two-hosts.yaml');

  constructor() {
    writeFileSync(this.topology, TOPOLOGY);
  }

  run(verb: string, ...words: string[]): Promise<CliOutcome> {
    return runCli(['lab', verb, ...words, '--dir', this.dir]);
  }

  up(...words: string[]): Promise<CliOutcome> {
    return this.run('up', ...words, '--detach');
  }

  order(text: string, ...words: string[]): Promise<CliOutcome> {
    return this.run('do', text, ...words);
  }

  /** Ends the lab's process as a machine that is switched off does. */
  async kill(): Promise<void> {
    const { stderr } = await this.run('up');
    const [, pid] = /Process (\d+) has /.exec(stderr) ?? [];
    process.kill(Number(pid), 'SIGKILL');
  }

  async close(): Promise<void> {
    const { exitCode, stderr } = await this.run('down');
    // What does not go down by itself must not outlive its test.
    if (exitCode !== 0 && !stderr.includes('No lab is up')) await this.kill().catch(() => {});
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A lab's folder for each test of a file. */
export function labForEachTest(): () => LabCommands {
  let lab: LabCommands;
  beforeEach(() => {
    lab = new LabCommands();
  });
  afterEach(() => lab.close());
  return () => lab;
}

/** What a command that succeeded printed. */
export function good({ exitCode, stdout, stderr }: CliOutcome): string {
  expect({ exitCode, stderr: exitCode === 0 ? '' : stderr }).toEqual({ exitCode: 0, stderr: '' });
  return stdout;
}

/** Exit code and sentence of a command that was refused. */
export function refusal({ exitCode, stderr }: CliOutcome): string {
  expect(hasStackTrace(stderr)).toBe(false);
  return `${exitCode} ${stderr.trim()}`;
}
