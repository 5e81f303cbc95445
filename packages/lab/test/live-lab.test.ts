// A lab's control socket: real sockets in a folder of their own, a small world behind them.
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalChannel } from '@vcryptsim/ports';
import { SystemClock, UnixSocket } from '@vcryptsim/ports/os';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LabOrder, OrderAnswer } from '../src/control/control-lines.js';
import { ControlLink } from '../src/control/control-link.js';
import type { LabStatus } from '../src/control/lab-status.js';
import { LiveLab } from '../src/control/live-lab.js';
import type { LabFolder } from '../src/folder/lab-folder.js';
import type { TimelineEntry } from '../src/taps/timeline.js';
import type { World } from '../src/world/world.js';
import { keptLab } from './support/kept-lab.js';
import { temporaryFolder } from './support/temporary-folder.js';

const DONE: OrderAnswer = { outcome: 'done', fault: null, messageKey: null, privilege: null, object: null, text: '' };
const sockets = new UnixSocket();

let world: World;
let folder: LabFolder;
let lab: LiveLab;
let link: ControlLink;
let execute: (order: LabOrder) => Promise<OrderAnswer>;
let faults: unknown[];
let closed: Promise<void>;

beforeEach(async () => {
  const path = join(temporaryFolder(), 'lab');
  // The world's files are in memory; its socket is not.
  mkdirSync(path);
  ({ world, folder } = await keptLab(new MemoryFileSystem(), path));
  faults = [];
  execute = async () => DONE;
  const words = () => ({ verbs: [], names: ['payroll'] });
  const onFault = (error: unknown) => faults.push(error);
  const clock = new SystemClock();
  lab = await LiveLab.open({ world, folder, execute: (order) => execute(order), words, sockets, clock, onFault });
  link = new ControlLink(sockets, path);
  closed = lab.ended.then(() => lab.close());
});
afterEach(async () => {
  await lab.down();
  await closed;
});

const order = (text: string, queued: (before: number) => void = () => {}) =>
  link.ask<OrderAnswer>({ ask: 'do', order: text }, { queued });

/** Says one line to the lab, and reads all that it answers. */
async function raw(line: string): Promise<string> {
  const channel: LocalChannel = await sockets.connect(folder.places.socket);
  await channel.write(new TextEncoder().encode(line));
  let text = '';
  const next = () => channel.read().catch(() => null);
  for (let piece = await next(); piece !== null; piece = await next()) text += new TextDecoder().decode(piece);
  return text;
}

describe('a control socket', () => {
  it('is for its owner only', () => {
    expect(lstatSync(folder.places.socket).mode & 0o777).toBe(0o600);
  });

  it('hands orders on one after the other, and says to those that wait how many are before them', async () => {
    const began: string[] = [];
    let go: () => void = () => {};
    execute = async ({ text }) => {
      began.push(text);
      if (text === 'first') {
        await new Promise<void>((resolve) => {
          go = resolve;
        });
      }
      return { ...DONE, text };
    };
    const first = order('first');
    while (began.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const waits: number[] = [];
    const second = order('second', (before) => waits.push(before));
    while (waits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect([began, waits]).toEqual([['first'], [1]]);
    go();
    expect([(await first).text, (await second).text]).toEqual(['first', 'second']);
  });

  it('refuses what is no request, ends a connection whose line is too long, and goes on', async () => {
    for (const line of ['', '{}', '[]', 'null', '{"ask":"do"}', '{"ask":"do","order":1}', '{"ask":"down","x":1}']) {
      expect(await raw(`${line}\n`)).toMatch(/^\{"refusal":\{"code":"BAD_REQUEST",/);
    }
    expect(await raw('x'.repeat(70_000))).toBe('');
    expect((await order('x')).outcome).toBe('done');
    expect(faults).toEqual([]);
  });

  it('tells how everything is now', async () => {
    await world.run(() => world.vms.create('payroll', () => {}));
    await world.run(() => world.hosts.down('esx-1'));
    const status = await link.ask<LabStatus>({ ask: 'status' });
    expect(status).toMatchObject({
      ...{ name: 'small', clock: 'virtual' },
      hosts: [{ name: 'esx-1', state: 'down', boot: null, vms: 1 }],
      vms: [{ name: 'payroll', powerState: 'unknown', encrypted: true }],
      keyServers: [{ name: 'kms-1', state: 'running', fault: null }],
    });
    await world.keyServers.stop(['kms-1']);
    expect(await link.ask<LabStatus>({ ask: 'status' })).toMatchObject({ keyServers: [{ state: 'off' }] });
  });

  it('tells what happened, and what happens, until it ends', async () => {
    const told: TimelineEntry[] = [];
    const seen = () => told.map((entry) => (entry.kind === 'kmip' ? entry.exchange.operation : typeOf(entry.event)));
    const following = link.ask({ ask: 'log', follow: true }, { entry: (entry) => told.push(entry) });
    while (!seen().includes('HOST_ADDED')) await new Promise((resolve) => setImmediate(resolve));
    execute = async () => {
      await world.run(() => world.vms.create('payroll', () => {}));
      return DONE;
    };
    await order('vm.create payroll');
    await link.ask({ ask: 'down' });
    await following;
    expect(seen()).toEqual(expect.arrayContaining(['Create', 'Get', 'VM_CREATED', 'TASK_ENDED', 'VCENTER_STOPPED']));
    expect(seen().indexOf('Create')).toBeLessThan(seen().indexOf('VM_CREATED'));
    expect(JSON.stringify(told)).not.toContain('undefined');
  });

  it('answers who took it down, refuses who comes later, and is gone then', async () => {
    const answers = await Promise.allSettled([link.ask({ ask: 'down' }), link.ask({ ask: 'down' })]);
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
    await closed;
    await expect(order('x')).rejects.toMatchObject({ code: 'LAB_NOT_UP' });
  });

  it('ends when an order breaks the world, and says so to the one that gave it', async () => {
    execute = () => Promise.reject(new Error('planted'));
    expect(await order('x')).toMatchObject({ outcome: 'not possible', fault: 'LAB_BROKEN' });
    expect(await lab.ended).toMatchObject({ kind: 'broken', error: { message: 'planted' } });
  });
});

const typeOf = (event: unknown) => (event as { readonly type: string }).type;
