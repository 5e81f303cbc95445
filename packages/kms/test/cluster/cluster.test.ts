import { firstValue, textAttribute } from '@vcryptsim/kmip-lite';
import type { KmipSession } from '@vcryptsim/kmip-lite/client';
import type { KeyId } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/cluster/link-message.js';
import { ClusterLab } from '../support/cluster-lab.js';
import { AES_256, copyOf, destroy, locate, named, reasonOf } from '../support/session.js';

const make = (session: KmipSession, name: string) => session.create({ ...AES_256, attributes: [named(name)] });
const createAt = (lab: ClusterLab, name: string) => lab.clientOf('leader').session((session) => make(session, name));
const getAt = (lab: ClusterLab, node: 'leader' | 'follower', id: KeyId) =>
  lab.clientOf(node).session(async (session) => (await session.get(id, copyOf)).taken);

describe('A follower', () => {
  it.each(['memory', 'tls'] as const)('answers reads with what the leader has, on the %s wire', (wire) =>
    ClusterLab.run(
      async (lab) => {
        await lab.startLeader();
        const before = await createAt(lab, 'before');
        await lab.startFollower();
        const after = await createAt(lab, 'after');
        await lab.caughtUp();
        expect(await getAt(lab, 'follower', before)).toEqual(await getAt(lab, 'leader', before));
        expect(await getAt(lab, 'follower', after)).toEqual(await getAt(lab, 'leader', after));
        const found = await lab.clientOf('follower').session(async (session) => ({
          ids: await locate(session, []),
          state: firstValue('State', await session.getAttributes(after, ['State'])),
          query: await session.query(['QueryOperations']),
        }));
        expect(found.ids).toEqual([before, after]);
        expect(found.state).toBe('PreActive');
        expect(found.query.operations).toContain('Get');
        expect(found.query.operations).not.toContain('Create');
      },
      { wire },
    ),
  );

  it('has the journal of its leader, byte for byte, also after a key was destroyed', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      const doomed = await createAt(lab, 'doomed');
      await createAt(lab, 'kept');
      await lab.caughtUp();
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
      const sealed = await lab.journalOf('follower');
      await lab.clientOf('leader').session((session) => destroy(session, doomed));
      await lab.caughtUp();
      const after = await lab.journalOf('follower');
      expect(after).toEqual(await lab.journalOf('leader'));
      expect(after.subarray(0, sealed.length)).not.toEqual(sealed);
      expect(await reasonOf(getAt(lab, 'follower', doomed))).toBe('ItemNotFound');
      await createAt(lab, 'later');
      await lab.caughtUp();
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
    }));

  it('refuses every change and names the leader; nothing changes', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const id = await createAt(lab, 'one');
      await lab.startFollower();
      await lab.caughtUp();
      const before = await lab.journalOf('follower');
      await lab.clientOf('follower').session(async (session) => {
        const changes: (() => Promise<unknown>)[] = [
          () => make(session, 'two'),
          () => session.activate(id),
          () => session.addAttribute(id, textAttribute('x-Vendor', 'VMware, Inc.')),
          () => destroy(session, id),
          () => session.perform('ReKey', { uniqueIdentifier: id }),
          () => session.perform('GetUsageAllocation', { uniqueIdentifier: id, usageLimitsCount: 1n }),
        ];
        for (const change of changes) {
          await expect(change()).rejects.toMatchObject({
            reason: 'PermissionDenied',
            resultMessage: 'This node follows kms-a and takes no changes; make them at kms-a.',
          });
        }
      });
      expect(await lab.journalOf('follower')).toEqual(before);
    }));

  it('leaves Fresh as the leader has it, whoever got the key here', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      const id = await createAt(lab, 'fresh');
      await lab.caughtUp();
      const fresh = () =>
        lab
          .clientOf('follower')
          .session(async (session) => firstValue('Fresh', await session.getAttributes(id, ['Fresh'])));
      await getAt(lab, 'follower', id);
      expect(await fresh()).toBe(true);
      await getAt(lab, 'leader', id);
      await lab.caughtUp();
      expect(await fresh()).toBe(false);
    }));

  it('goes on without its leader, and catches up when that is back, rewritten or not', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      const [first, second] = [await createAt(lab, 'first'), await createAt(lab, 'second')];
      await lab.caughtUp();
      await lab.stop('leader');
      await lab.clock.after(60_000);
      expect(await getAt(lab, 'follower', first)).toHaveLength(32);
      expect(lab.follower?.cluster()).toMatchObject({ role: 'follower', isLinked: false, trouble: 'REFUSED' });
      expect(lab.events.filter((event) => event.type === 'LEADER_LOST').map((event) => event.code)).toHaveLength(2);
      await lab.startLeader();
      await lab.clientOf('leader').session((session) => destroy(session, second));
      await lab.caughtUp();
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
      expect(lab.follower?.cluster()).toMatchObject({ leader: 'kms-a', isLinked: true, trouble: null });
    }));

  it('goes on where it was after its own restart, without copying what it has', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      await createAt(lab, 'one');
      await lab.caughtUp();
      await lab.stop('follower');
      const id = await createAt(lab, 'two');
      const events = lab.events.length;
      await lab.startFollower();
      await lab.caughtUp();
      expect(await getAt(lab, 'follower', id)).toHaveLength(32);
      const advanced = lab.events.slice(events).filter((event) => event.type === 'REPLICA_ADVANCED');
      expect(advanced).toHaveLength(1);
    }));

  it('answers Item Not Found for a key that has not come yet, and tells how far behind it is', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower({ pauseMs: 60_000 });
      await lab.clock.after(1_000);
      const id = await createAt(lab, 'new');
      expect(await reasonOf(getAt(lab, 'follower', id))).toBe('ItemNotFound');
      expect(lab.follower?.cluster()).toMatchObject({ lastWrite: 0, leaderLastWrite: 0 });
      await lab.clock.after(60_000);
      expect(await getAt(lab, 'follower', id)).toHaveLength(32);
      expect(lab.leader?.cluster()).toMatchObject({ role: 'leader', lastWrite: 1, followers: [{ lastWrite: 0 }] });
      await lab.clock.after(60_000);
      expect(lab.leader?.cluster()).toMatchObject({ followers: [{ name: 'kms-b', lastWrite: 1 }] });
    }));

  it('survives a link that is torn at any moment', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      const ids: KeyId[] = [];
      for (let count = 0; count < 8; count++) {
        ids.push(await createAt(lab, `key ${count}`));
        await lab.links.at(-1)?.abort();
      }
      await lab.caughtUp();
      expect(lab.links.length).toBeGreaterThan(1);
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
      for (const id of ids) expect(await getAt(lab, 'follower', id)).toHaveLength(32);
    }));
});

describe('A follower that must not follow', () => {
  it('takes nothing under another root key, and says so once', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const id = await createAt(lab, 'one');
      await lab.startFollower({ rootKey: new Uint8Array(32).fill(7) });
      await lab.clock.after(10_000);
      expect(lab.refusals.map((error) => error.code)).toEqual(['ROOT_KEY_WRONG']);
      expect(await reasonOf(getAt(lab, 'follower', id))).toBe('ItemNotFound');
      await expect(lab.journalOf('follower')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }));

  it('keeps what it has when the leader comes back from an older backup', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await createAt(lab, 'one');
      const backup = await lab.journalOf('leader');
      await lab.startFollower();
      const id = await createAt(lab, 'two');
      await lab.caughtUp();
      await lab.stop('leader');
      await restore(lab, backup);
      await lab.startLeader({ newAudit: true });
      await createAt(lab, 'three');
      await createAt(lab, 'four');
      await lab.clock.after(10_000);
      expect(lab.refusals.map((error) => error.code)).toEqual(['LEADER_BEHIND']);
      expect(await getAt(lab, 'follower', id)).toHaveLength(32);
    }));

  it("is not opened as a leader's store", () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const follower = await lab.startFollower();
      await expect(
        follower.replicate({ network: lab.network, address: { name: 'x' }, nodeName: 'x' as never }),
      ).rejects.toMatchObject({ code: 'NOT_LEADER' });
      await lab.caughtUp();
      await lab.stop('follower');
      await expect(lab.openAsLeader('/b')).rejects.toMatchObject({ code: 'FOLLOWER_STORE' });
    }));
});

describe("A leader's door", () => {
  it('is closed to clients and strangers, and the KMIP door to followers; both are audited', () =>
    ClusterLab.run(async (lab) => {
      const leader = await lab.startLeader();
      await lab.startFollower();
      await lab.caughtUp();
      for (const identity of [lab.clientIdentity, await lab.selfSigned('stranger')]) {
        const refused = lab.events.filter((event) => event.type === 'CLIENT_REFUSED').length;
        await lab.knock(identity).then(
          async (channel) => expect(await channel.read()).toBeNull(),
          () => {},
        );
        expect(lab.events.filter((event) => event.type === 'CLIENT_REFUSED')).toHaveLength(refused + 1);
      }
      expect(leader.clients().map((client) => client.name)).toEqual(['vcenter']);
    }));

  it('is shut to a follower that was revoked, also on the connection it has', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      await lab.caughtUp();
      await lab.revokeFollower();
      const id = await createAt(lab, 'too late');
      await lab.clock.after(60_000);
      expect(await reasonOf(getAt(lab, 'follower', id))).toBe('ItemNotFound');
      expect(lab.follower?.cluster()).toMatchObject({ isLinked: false });
    }));

  it('ends a connection that does not speak as a follower does', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      await lab.caughtUp();
      await lab.stop('follower');
      const channel = await lab.knock(lab.linkIdentity);
      await channel.write(encodeMessage({ type: 'Pull', lastWrite: 0, waitMs: 0 }));
      await expect(channel.read()).rejects.toMatchObject({ code: 'RESET' });
      await lab.startFollower();
      await createAt(lab, 'still there');
      await lab.caughtUp();
    }));
});

async function restore(lab: ClusterLab, journal: Uint8Array): Promise<void> {
  const handle = await lab.files.open('/a/store/journal', { access: 'write' });
  await handle.truncate(0);
  await handle.pwrite(journal, 0);
  await handle.close();
  await lab.files.unlink('/a/audit.jsonl');
}
