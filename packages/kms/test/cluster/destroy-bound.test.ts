// When a follower knows of a Destroy, whatever else happens, and what it answers when it cannot know.
import type { KeyId } from '@vcryptsim/ports';
import { MemoryFileSystem } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { LeaderJournal } from '../../src/cluster/leader-journal.js';
import { Received } from '../../src/cluster/received.js';
import { ClusterLab } from '../support/cluster-lab.js';
import { AES_256, copyOf, destroy, reasonOf } from '../support/session.js';
import { keyOf, openStore } from '../support/world.js';

const DESTROYS = 20;
/** The bound of decision 0010 on a wire that takes no time of its own: an answer and the next question. */
const KNOWN_MS = 1_000;
const NEVER = new AbortController().signal;

async function keysAt(lab: ClusterLab, count: number): Promise<KeyId[]> {
  return lab.clientOf('leader').session(async (session) => {
    const ids: KeyId[] = [];
    for (let at = 0; at < count; at++) ids.push(await session.create(AES_256));
    return ids;
  });
}

const getAt = (lab: ClusterLab, id: KeyId) =>
  reasonOf(lab.clientOf('follower').session((session) => session.get(id, copyOf)));

describe('A follower under a stream of destructions', () => {
  it('gets there when it is new, and has each journal whole once', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const ids = await keysAt(lab, 2 * DESTROYS);
      const stream = lab.clientOf('leader').session(async (session) => {
        for (const id of ids.slice(0, DESTROYS)) {
          await destroy(session, id);
          await lab.clock.after(100);
        }
      });
      await lab.startFollower();
      await lab.clock.after(KNOWN_MS);
      expect(lab.follower?.cluster()).toMatchObject({ isLinked: true });
      await stream;
      await lab.caughtUp();
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
      expect(lab.events.filter(({ type }) => type === 'LEADER_LINKED')).toHaveLength(1);
    }));

  it('hands out no key a second after it was destroyed, and has its bytes on no medium', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const ids = await keysAt(lab, DESTROYS);
      await lab.startFollower();
      await lab.caughtUp();
      const had = await lab.journalOf('follower');
      for (const id of ids) {
        expect(await getAt(lab, id)).toBeNull();
        await lab.clientOf('leader').session((session) => destroy(session, id));
        await lab.clock.after(KNOWN_MS);
        expect(await getAt(lab, id)).toBe('ItemNotFound');
      }
      const has = await lab.journalOf('follower');
      expect(has).toEqual(await lab.journalOf('leader'));
      // In place: the same file, and each material in it overwritten.
      expect(has.length).toBeGreaterThan(had.length);
      expect(has.subarray(0, had.length)).not.toEqual(had);
    }));

  it('is sent as many bytes for a destruction at 2n objects as at n', async () => {
    const bytesFor = async (objects: number) => {
      const files = new MemoryFileSystem();
      await files.mkdir('/kms');
      const { store } = await openStore(files);
      await store.add(...Array.from({ length: objects }, (_, at) => keyOf(`key-${100 + at}`, at)));
      const copy = new LeaderJournal(store.journal, NEVER);
      const first = await copy.next(NEVER);
      await store.change('key-100' as KeyId, (object) => ({ ...object, state: 'Destroyed', material: null }));
      const piece = await copy.next(NEVER);
      await store.close();
      expect([first?.replaces, piece?.replaces]).toEqual([true, false]);
      return piece?.bytes.length;
    };
    expect(await bytesFor(40)).toBe(await bytesFor(20));
  });
});

describe('A follower with a greatest age', () => {
  it('serves while its leader is idle, refuses by name when it was not heard for longer, and serves again', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const [id] = await keysAt(lab, 1);
      await lab.startFollower({ maxLagMs: 6_000 });
      await lab.caughtUp();
      for (let seconds = 0; seconds < 60; seconds += 1) {
        await lab.clock.after(1_000);
        expect(await getAt(lab, id!), `after ${seconds} s`).toBeNull();
      }
      await lab.stop('leader');
      await lab.clock.after(1_500);
      expect(await getAt(lab, id!)).toBeNull();
      await lab.clock.after(6_000);
      const late = lab.clientOf('follower').session((session) => session.get(id!, copyOf));
      await expect(late).rejects.toMatchObject({
        reason: 'GeneralFailure',
        resultMessage: 'The copy that this node has of kms-a is older than the 6 s that it may be.',
      });
      const ageless = await lab.clientOf('follower').session(async (session) => ({
        versions: await session.discoverVersions(),
        query: await session.query(['QueryOperations']),
      }));
      expect(ageless.versions).not.toEqual([]);
      expect(ageless.query.operations).toContain('Get');
      expect(lab.follower?.cluster()).toMatchObject({ maxLagMs: 6_000, isTooOld: true });
      await lab.startLeader();
      await lab.caughtUp();
      expect(await getAt(lab, id!)).toBeNull();
    }));

  it('answers nothing of keys before it was linked since its start', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      const [id] = await keysAt(lab, 1);
      await lab.startFollower();
      await lab.caughtUp();
      await lab.stop('follower');
      await lab.stop('leader');
      await lab.startFollower({ maxLagMs: 6_000 });
      expect(await getAt(lab, id!)).toBe('GeneralFailure');
    }));
});

describe('What came from a leader', () => {
  const piece = (offsetBytes: number, endBytes: number, o: { replaces?: boolean; length?: number } = {}) => ({
    type: 'Piece' as const,
    replaces: o.replaces ?? false,
    offsetBytes,
    endBytes,
    lastWrite: 1,
    bytes: new Uint8Array(o.length ?? 100),
  });

  it.each([
    ['a place before the own end', piece(50, 150), 100],
    ['a place behind it', piece(150, 250), 100],
    ['an end before its own', piece(100, 150), 100],
    ['a continuation of nothing', piece(0, 100), 0],
    ['a journal that begins in its middle', piece(100, 200, { replaces: true }), 100],
    ['a journal that is longer than any', piece(0, 2 ** 40, { replaces: true }), 100],
  ])('is refused when it says %s', (_what, wrong, ownBytes) => {
    const received = new Received();
    expect(() => received.add(wrong, ownBytes)).toThrow(expect.objectContaining({ code: 'LEADER_UNREADABLE' }));
    expect(received.lengthBytes).toBe(0);
  });

  it('is taken when it goes on, and counted as it is taken', () => {
    const received = new Received();
    received.add(piece(100, 300), 100);
    received.add(piece(200, 300), 100);
    expect([received.lengthBytes, received.isUpToDate, received.replaces]).toEqual([200, true, false]);
    received.drop(150);
    expect(received.bytes()).toHaveLength(50);
    received.add(piece(0, 100, { replaces: true }), 250);
    expect([received.lengthBytes, received.replaces]).toEqual([100, true]);
  });
});
