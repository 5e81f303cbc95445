// The link between two nodes has a border on each side: whatever comes over it costs one connection, never the node.
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/cluster/link-message.js';
import { ClusterLab } from '../support/cluster-lab.js';
import { contentOf } from '../support/file-contents.js';
import { AES_256, copyOf } from '../support/session.js';

const faultsOf = (lab: ClusterLab) => lab.events.filter((event) => event.type === 'FAULT_CONTAINED');

async function auditOf(lab: ClusterLab, path: string): Promise<string> {
  return new TextDecoder().decode((await contentOf(lab.files, path)) ?? new Uint8Array(0));
}

describe('A follower whose leader’s certificate makes the judge throw what nobody foresaw', () => {
  it('serves on, says so once, and follows again when that is over', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      const id = await lab.clientOf('leader').session((session) => session.create(AES_256));
      await lab.caughtUp();
      await lab.stop('leader');
      lab.beforeLink = () => {
        throw new TypeError('an extension that cannot be read');
      };
      await lab.clock.after(30_000);
      expect(lab.follower?.cluster()).toMatchObject({ role: 'follower', isLinked: false, trouble: 'TypeError' });
      expect(faultsOf(lab)).toEqual([
        { type: 'FAULT_CONTAINED', node: 'kms-b', client: null, operation: 'follow', code: 'TypeError' },
      ]);
      expect(lab.follower?.faults).toBe(1);
      const audit = await auditOf(lab, '/b/audit.jsonl');
      expect(audit).toContain('"event":"REFUSAL","node":"kms-b","code":"TypeError"');
      expect(audit).not.toContain('cannot be read');
      const taken = await lab.clientOf('follower').session(async (session) => (await session.get(id, copyOf)).taken);
      expect(taken).toHaveLength(32);
      lab.beforeLink = () => {};
      await lab.startLeader();
      await lab.caughtUp();
    }));
});

describe('A leader', () => {
  it('ends the one connection that is no follower’s speech, and goes on with the others', () =>
    ClusterLab.run(async (lab) => {
      await lab.startLeader();
      await lab.startFollower();
      await lab.caughtUp();
      const pull = encodeMessage({ type: 'Pull', lastWrite: 0, waitMs: 0 });
      const hello = encodeMessage({ type: 'Hello', lengthBytes: 2 ** 52, chain: new Uint8Array(32) });
      for (const bytes of [pull, Buffer.concat([hello, hello]), Buffer.alloc(64, 0xff), Buffer.alloc(3)]) {
        const channel = await lab.knock(lab.linkIdentity);
        await channel.write(Uint8Array.from(bytes));
        await channel.close();
        await lab.clock.after(15_000);
      }
      expect(faultsOf(lab)).toEqual([]);
      const id = await lab.clientOf('leader').session((session) => session.create(AES_256));
      await lab.caughtUp();
      const taken = await lab.clientOf('follower').session(async (session) => (await session.get(id, copyOf)).taken);
      expect(taken).toHaveLength(32);
    }));

  it('shuts a revoked follower out at once, also while it waits for news', () =>
    ClusterLab.run(async (lab) => {
      const leader = await lab.startLeader();
      await lab.startFollower();
      await lab.caughtUp();
      const answer = await leader.administrator.perform<'follower.revoke'>({
        action: 'follower.revoke',
        name: 'kms-b',
      });
      expect(answer).toEqual({ closedConnections: 1 });
      expect(leader.cluster()).toMatchObject({ followers: [] });
      await lab.clock.after(20_000);
      expect(lab.follower?.cluster()).toMatchObject({ isLinked: false });
      expect(await auditOf(lab, '/a/audit.jsonl')).toContain('"event":"FOLLOWER_REVOKED","follower":"kms-b"');
    }));
});
