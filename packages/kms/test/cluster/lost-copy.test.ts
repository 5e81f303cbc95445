// A follower whose copy was lost, in part or whole, while its audit log is there.
import { readWhole, replaceFile } from '@vcryptsim/ports';
import { describe, expect, it } from 'vitest';
import { ClusterLab } from '../support/cluster-lab.js';
import { AES_256 } from '../support/session.js';

const JOURNAL = '/b/store/journal';
const create = (lab: ClusterLab) => lab.clientOf('leader').session((session) => session.create(AES_256));

/** A leader with some keys, and a follower that had all and was stopped. Answers what it had when it had the first. */
async function followed(lab: ClusterLab): Promise<Uint8Array> {
  await lab.startLeader();
  await create(lab);
  await lab.startFollower();
  await lab.caughtUp();
  const older = await lab.journalOf('follower');
  for (let left = 3; left > 0; left--) await create(lab);
  await lab.caughtUp();
  await lab.stop('follower');
  // A start notes in the log what the store has.
  await lab.startFollower();
  await lab.stop('follower');
  return older;
}

describe('A follower that lost its copy', () => {
  it.each([
    ['its journal', [JOURNAL]],
    ['its journal and what marks it a follower', [JOURNAL, '/b/store/follower']],
  ])('copies it anew when it lost %s, also after it was stopped before it came', (_, lost) =>
    ClusterLab.run(async (lab) => {
      await followed(lab);
      for (const path of lost) await lab.files.unlink(path);
      await lab.stop('leader');
      await lab.startFollower();
      expect(lab.follower?.cluster()).toMatchObject({ lastWrite: 0 });
      await lab.stop('follower');
      await lab.startFollower();
      await lab.startLeader();
      await lab.caughtUp();
      expect(await lab.journalOf('follower')).toEqual(await lab.journalOf('leader'));
    }),
  );

  it('takes none then that ends before what it had', () =>
    ClusterLab.run(async (lab) => {
      const older = await followed(lab);
      await lab.stop('leader');
      for (const path of ['/a/audit.jsonl', JOURNAL]) await lab.files.unlink(path);
      await replaceFile(lab.files, '/a/store/journal', older);
      await lab.startLeader({ newAudit: true });
      await lab.startFollower();
      await lab.clock.after(5_000);
      expect(lab.refusals.map(({ code }) => code)).toContain('LEADER_BEHIND');
      expect(lab.follower?.cluster()).toMatchObject({ lastWrite: 0 });
    }));

  it('does not start with an older one, leaves it as it is, and says what to remove', () =>
    ClusterLab.run(async (lab) => {
      const older = await followed(lab);
      await replaceFile(lab.files, JOURNAL, older);
      await expect(lab.startFollower()).rejects.toMatchObject({
        code: 'STORE_DAMAGED',
        nextStep: 'Remove /b/store and start again: the follower copies it anew from its leader.',
      });
      expect(await readWhole(lab.files, JOURNAL, 1024 ** 2)).toEqual(older);
    }));
});
