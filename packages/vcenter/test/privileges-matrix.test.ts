// Every cell of operation x privilege, and what becomes of it (row S17). Each operation has its situations in
// support/situations-*.ts; one without fails here.
import type { MoRef } from '@vcryptsim/ports';
import type { TaskRecord, UserName } from '@vcryptsim/vcenter';
import {
  type AnyOperation,
  isNeededIn,
  OPERATIONS,
  type PlainOperation,
  removeUser,
  SHIPPED_ROLES,
  type TaskOperation,
} from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { ROOT_FOLDER } from '../src/inventory/root-folder.js';
import { PrivilegeWorld } from './support/privilege-world.js';
import { type Called, type NeedName, needName, objectAt, type Situation } from './support/situation.js';
import { COPY_SITUATIONS } from './support/situations-copies.js';
import { MACHINE_SITUATIONS } from './support/situations-machines.js';
import { SERVICE_SITUATIONS } from './support/situations-services.js';
import { SNAPSHOT_SITUATIONS } from './support/situations-snapshots.js';

type Need = AnyOperation['needs'][number];

const SITUATIONS = new Map([...MACHINE_SITUATIONS, ...SNAPSHOT_SITUATIONS, ...COPY_SITUATIONS, ...SERVICE_SITUATIONS]);
const isFault = ({ ifMissing }: Need) => ifMissing === 'NoPermission';
const situationsOf = ({ name }: AnyOperation) => SITUATIONS.get(name) ?? [];

/** How many cells were walked, by what came of them. */
const walked = new Map<string, number>();
const count = (outcome: string) => walked.set(outcome, (walked.get(outcome) ?? 0) + 1);

/** Calls an operation; a task is waited for. */
async function call(
  { vcenter }: PrivilegeWorld,
  operation: AnyOperation,
  user: UserName,
  { object, args }: Called,
  session = vcenter.login(user, 'api'),
): Promise<TaskRecord | null> {
  if (operation.kind === 'task')
    return session.run(operation as unknown as TaskOperation<'Folder', object>, object, args);
  await session.call(operation as unknown as PlainOperation<'Folder', object>, object, args);
  return null;
}

/** Looks that a call is refused, and that not a byte of any file nor a record differs, no task is there and no wire was used. */
async function expectRefused(world: PrivilegeWorld, attempt: () => Promise<unknown>, refusal: object): Promise<void> {
  const before = {
    digest: await world.digest(),
    tasks: world.vcenter.tasks().length,
    wire: world.lab.wire.conversations.length,
  };
  const error = await attempt().then(
    () => 'not refused',
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject(refusal);
  const after = {
    digest: await world.digest(),
    tasks: world.vcenter.tasks().length,
    wire: world.lab.wire.conversations.length,
  };
  expect(after).toEqual(before);
}

function noPermission(user: UserName, { privilege }: Need, object: MoRef): object {
  return { code: 'NO_PERMISSION', fault: { code: 'NO_PERMISSION', user, privilege, object } };
}

/** The needs of a situation that are refusals there, in the order of the catalogue, each with the object that it names. */
function refusals(
  world: PrivilegeWorld,
  operation: AnyOperation,
  situation: Situation,
  called: Called,
): readonly [Need, MoRef][] {
  return operation.needs.flatMap((need): [Need, MoRef][] => {
    const on = isFault(need) ? situation.refused?.[needName(need)] : undefined;
    if (on === undefined) return [];
    return [[need, objectAt(on, world, called)]];
  });
}

async function expectDone(
  world: PrivilegeWorld,
  operation: AnyOperation,
  user: UserName,
  called: Called,
): Promise<void> {
  const task = await call(world, operation, user, called);
  if (task) expect(task).toMatchObject({ error: null, state: 'success', user });
}

/** Refusals change nothing, so that they share one world; the call that passes is the last. */
async function walkRefusals(world: PrivilegeWorld, operation: AnyOperation, situation: Situation): Promise<void> {
  const called = await situation.call(world);
  const cells = refusals(world, operation, situation, called);
  for (const [need, object] of cells) {
    for (const user of [await world.lacking([need.privilege]), await world.lacking([need.privilege], object)]) {
      await expectRefused(world, () => call(world, operation, user, called), noPermission(user, need, object));
    }
    count('NoPermission');
  }
  const [first] = cells;
  if (first) {
    const without = await world.user();
    const noAccess = await world.user();
    await world.permit(noAccess, SHIPPED_ROLES.noAccess.id, ROOT_FOLDER, true);
    for (const user of [without, noAccess]) {
      await expectRefused(world, () => call(world, operation, user, called), noPermission(user, ...first));
    }
    count('NoPermission with role No access');
    const stranger = 'mallory@vsphere.local' as UserName;
    await expectRefused(world, () => call(world, operation, stranger, called), { code: 'INVALID_LOGIN' });
    const gone = await world.lacking([]);
    const session = world.vcenter.login(gone, 'api');
    await world.admin.session.call(removeUser, null, { name: gone });
    await expectRefused(world, () => call(world, operation, gone, called, session), { code: 'INVALID_LOGIN' });
    count('unknown user');
  }
  await expectDone(world, operation, await world.lacking([]), called);
  await situation.passed?.(world);
  count('passes with all privileges');
}

describe('[S17][S42] the matrix of operations and privileges', () => {
  it('has a situation for every need of every operation, and for the case in which it is not needed', () => {
    expect([...SITUATIONS.keys()].sort()).toEqual(OPERATIONS.map(({ name }) => name).sort());
    for (const operation of OPERATIONS) {
      const { name, needs } = operation;
      const covered = (of: (situation: Situation) => readonly string[]) =>
        [...new Set(situationsOf(operation).flatMap(of))].sort();
      const wanted = (which: (need: Need) => boolean) => [...new Set(needs.filter(which).map(needName))].sort();
      expect(needs.length, name).toBeGreaterThan(0);
      expect(
        covered(({ refused = {} }) => Object.keys(refused)),
        name,
      ).toEqual(wanted(isFault));
      expect(
        covered(({ effects = {} }) => Object.keys(effects)),
        name,
      ).toEqual(wanted((need) => !isFault(need)));
      expect(
        covered(({ spared = [] }) => spared),
        name,
      ).toEqual(wanted((need) => isFault(need) && need.when !== undefined));
      for (const { version = '7.0U3', refused = {} } of situationsOf(operation)) {
        for (const each of Object.keys(refused)) {
          const given = needs.filter((need) => needName(need) === each && isFault(need) && isNeededIn(need, version));
          expect(given, each).toHaveLength(1);
        }
      }
    }
  });

  describe.each(OPERATIONS.map((operation) => [operation.name, operation] as const))('%s', (_, operation) => {
    it.each(situationsOf(operation).map((situation, index) => [index + 1, situation] as const))(
      'in situation %i: refuses who lacks a privilege, is unknown or has no access, changes nothing, and passes who has all',
      (_index, situation) => PrivilegeWorld.run((world) => walkRefusals(world, operation, situation), situation),
    );

    for (const [index, situation] of situationsOf(operation).entries()) {
      const title = `in situation ${index + 1}`;
      const named = (name: NeedName, fault: boolean) =>
        operation.needs.find((need) => needName(need) === name && isFault(need) === fault)!;
      for (const [name, effect] of Object.entries(situation.effects ?? {})) {
        it(`${title}: without ${name}: ${effectOf(named(name as NeedName, false))}`, () =>
          PrivilegeWorld.run(async (world) => {
            const called = await situation.call(world);
            const user = await world.lacking([named(name as NeedName, false).privilege]);
            await effect(world, () => call(world, operation, user, called));
            count('stated effect');
          }, situation));
      }
      for (const name of situation.spared ?? []) {
        it(`${title}: does not look for ${name}`, () =>
          PrivilegeWorld.run(async (world) => {
            const user = await world.lacking([named(name, true).privilege]);
            const called = await situation.call(world, user);
            await expectDone(world, operation, user, called);
            count('not looked for');
          }, situation));
      }
      for (const [name, on] of Object.entries(situation.refused ?? {})) {
        const need = named(name as NeedName, true);
        // On the root folder alone is what a service is asked for anyway.
        if (on === 'root') continue;
        it(`${title}: looks for ${name} there alone`, () =>
          PrivilegeWorld.run(async (world) => {
            const called = await situation.call(world);
            const object = objectAt(on, world, called);
            await expectDone(world, operation, await world.lackingButOn([need.privilege], object), called);
            count('passes with the privilege on that object alone');
          }, situation));
      }
    }
  });

  it('was walked whole', () => {
    const cells = OPERATIONS.flatMap((operation) =>
      situationsOf(operation).flatMap((situation) => [
        ...Object.keys(situation.refused ?? {}),
        ...Object.keys(situation.effects ?? {}),
      ]),
    );
    const outcomes = [...walked].map(([outcome, times]) => `${times} ${outcome}`).join(', ');
    process.stderr.write(`COUNTED cells of the privilege matrix: ${OPERATIONS.length} operations; ${outcomes}\n`);
    expect((walked.get('NoPermission') ?? 0) + (walked.get('stated effect') ?? 0)).toBe(cells.length);
  });
});

function effectOf({ ifMissing }: Need): string {
  return typeof ifMissing === 'object' ? ifMissing.effect : '';
}
