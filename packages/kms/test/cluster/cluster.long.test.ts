// Whatever is done at the leader, and whenever link or nodes are cut: what a follower's readers see is what was durable
// at the leader at some moment, and moments only go forward.
import { textAttribute } from '@vcryptsim/kmip-lite';
import type { KeyId } from '@vcryptsim/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReplicaStore } from '../../src/cluster/replica-store.js';
import { KeyStore } from '../../src/store/key-store.js';
import { ClusterLab } from '../support/cluster-lab.js';
import { AES_256, destroy } from '../support/session.js';
import { entropyOf } from '../support/world.js';

const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: 'create' } as const) },
  { weight: 3, arbitrary: fc.nat(20).map((which) => ({ do: 'tag', which }) as const) },
  { weight: 2, arbitrary: fc.nat(20).map((which) => ({ do: 'destroy', which }) as const) },
  { weight: 3, arbitrary: fc.nat(3_000).map((ms) => ({ do: 'wait', ms }) as const) },
  { weight: 2, arbitrary: fc.constant({ do: 'cut link' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart leader' } as const) },
  { weight: 1, arbitrary: fc.constant({ do: 'restart follower' } as const) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What readers of a store see: each object's version, and whether its material is there. */
const imageOf = (store: KeyStore | ReplicaStore) =>
  JSON.stringify([...store.objects()].map(({ id, version, material }) => [id, version, material !== null]).sort());

async function imageIn(lab: ClusterLab, folder: '/a' | '/b'): Promise<string> {
  const place = {
    files: await lab.copyOf(folder),
    folder: `${folder}/store`,
    rootKeyPath: `${folder}/root.key`,
    entropy: entropyOf(7),
  };
  const { store } = await (folder === '/a' ? KeyStore.open(place) : ReplicaStore.open(place));
  const image = imageOf(store);
  await store.close();
  return image;
}

async function perform(lab: ClusterLab, what: Step, ids: KeyId[], pauseMs: number): Promise<void> {
  const pick = (which: number) => ids[which % Math.max(1, ids.length)];
  switch (what.do) {
    case 'create':
      ids.push(await lab.clientOf('leader').session((session) => session.create(AES_256)));
      return;
    case 'tag':
    case 'destroy': {
      const id = pick(what.which);
      if (id === undefined) return;
      const change = what.do === 'tag' ? textAttribute('x-Tag', String(what.which)) : null;
      await lab
        .clientOf('leader')
        .session(async (session) => (change ? session.addAttribute(id, change) : destroy(session, id)))
        .catch(() => {}); // destroyed twice
      return;
    }
    case 'wait':
      return lab.clock.after(what.ms);
    case 'cut link':
      return lab.links.at(-1)?.abort();
    case 'restart leader':
      await lab.stop('leader');
      await lab.startLeader();
      return;
    case 'restart follower':
      await lab.stop('follower');
      await lab.startFollower({ pauseMs });
      return;
  }
}

describe('a follower', () => {
  it('shows a moment of its leader, later and later ones, and in the end the last', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.constantFrom(0, 700), async (steps, pauseMs) => {
        await ClusterLab.run(async (lab) => {
          await lab.startLeader();
          const moments = [await imageIn(lab, '/a')];
          await lab.startFollower({ pauseMs });
          const ids: KeyId[] = [];
          let seen = 0;
          for (const what of steps) {
            await perform(lab, what, ids, pauseMs);
            moments.push(await imageIn(lab, '/a'));
            const now = moments.lastIndexOf(await imageIn(lab, '/b'));
            expect(now).toBeGreaterThanOrEqual(seen);
            seen = moments.indexOf(moments[now] ?? '');
          }
          await lab.caughtUp();
          expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
        });
      }),
      { numRuns: 60 },
    );
  });
});
