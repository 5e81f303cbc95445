// A lab that is killed in the middle of an order, again and again: it starts each time, and its replay stays a scenario.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ControlLink, type OrderAnswer } from '@vcryptsim/lab';
import { UnixSocket } from '@vcryptsim/ports/os';
import { afterAll, expect, it } from 'vitest';
import { type RunningCli, runCli, startServer } from '../support/run-cli.js';

const ROUNDS = 8;
/** From the moment in which the order is written down; the last lets it be answered. */
const DELAYS_MS = [0, 10, 40, 120, 300, 600, 1_000, null];

const home = mkdtempSync(join(tmpdir(), 'vcryptsim-kill9-lab-'));
const dir = join(home, 'lab');
const names = Array.from({ length: ROUNDS }, (_, index) => `vm-${index}`);
let running: RunningCli | null = null;
afterAll(async () => {
  await running?.kill();
  rmSync(home, { recursive: true, force: true });
});

const link = () => new ControlLink(new UnixSocket(), dir);
const order = (text: string) => link().ask<OrderAnswer>({ ask: 'do', order: text });
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until an order is in the lab's journal: from then on it is under way. */
async function begun(name: string): Promise<void> {
  for (; !readFileSync(join(dir, 'orders.jsonl'), 'utf8').includes(`"${name}"`); ) await sleep(1);
}

it('a lab that is killed during orders starts again each time; what was answered is there, what was not is whole or absent', async () => {
  const vms = names.map((name) => `    ${name}: { host: esx-1, disk: 4MiB }`);
  const topology = join(home, 'lab.yaml');
  writeFileSync(topology, `name: kill\nabout: killed\nseed: 9\nlab:\n  hosts: [esx-1]\n  vms:\n${vms.join('\n')}\n`);
  const answered = new Set<string>();
  let cutOff = 0;
  for (const [round, name] of names.entries()) {
    running = await startServer(['lab', 'up', topology, '--dir', dir, '--wire', 'memory']);
    const asked = order(`vm.create ${name}`).catch(() => null);
    await begun(name);
    const delayMs = DELAYS_MS[round] ?? null;
    await (delayMs === null ? asked : sleep(delayMs));
    await running.kill();
    if ((await asked)?.outcome === 'done') answered.add(name);
    else cutOff++;
    const { exitCode, stderr } = await runCli(['scenario', 'lint', join(dir, 'replay.yaml')]);
    expect([exitCode, stderr]).toEqual([0, '']);
  }
  running = await startServer(['lab', 'up', '--dir', dir]);
  const status = JSON.parse((await runCli(['lab', 'status', '--dir', dir, '--json'])).stdout);
  const there = (
    status.vms as { name: string; id: string | null; connectionState: string; cryptoState: string }[]
  ).filter(({ id }) => id !== null);
  for (const name of answered) expect(there.map((vm) => vm.name)).toContain(name);
  for (const vm of there) expect(vm).toMatchObject({ connectionState: 'connected', cryptoState: 'unlocked' });
  for (const { name } of there) expect(await order(`vm.power-on ${name}`)).toMatchObject({ outcome: 'done' });
  expect(await running.stop()).toBe(0);
  const replay = await runCli(['run', join(dir, 'replay.yaml'), '--quiet', '--wire', 'memory']);
  expect([replay.exitCode, replay.stdout, replay.stderr]).toEqual([0, '', '']);
  const incarnations = JSON.parse(readFileSync(join(dir, 'lab.json'), 'utf8')).incarnations;
  expect(incarnations['esx-1']).toBe(ROUNDS + 1);
  expect([answered.size > 0, cutOff > 0]).toEqual([true, true]);
  process.stderr.write(`COUNTED orders: ${answered.size} answered, ${cutOff} cut off, ${there.length} VMs there\n`);
});
