// The way from vCenter to a host, with its faults: what is under way when it breaks, and what comes afterwards.
import { KeyParcel } from '@vcryptsim/crypto-core/parcel';
import type { HostApi } from '@vcryptsim/hypervisor/api';
import { VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';
import { type HostUnderTest, hostApiSuite } from '../../hypervisor/test/support/host-api-suite.js';
import { Lab } from '../../hypervisor/test/support/lab.js';
import { HostRoad } from '../src/faults/host-road.js';
import { LinkedHost } from '../src/faults/linked-host.js';

const linked = (lab: Lab): HostUnderTest => ({
  host: new LinkedHost(lab.host, new HostRoad('esx-1', new VirtualClock({ startMs: 0 }))),
  digest: () => lab.digest(),
  cut: () => lab.host.shutDown(),
  boot: async () => {
    await lab.bootHost();
    return linked(lab);
  },
});

hostApiSuite('LinkedHost', async (version) => linked(await Lab.boot({ version, nfs: true })));

const code = (work: Promise<unknown>) =>
  work.then(
    (answer) => String(answer),
    (error: { readonly code: string }) => error.code,
  );

function onRoad(work: (clock: VirtualClock, road: HostRoad) => Promise<void>): Promise<void> {
  const clock = new VirtualClock({ startMs: 0 });
  return clock.run(() => work(clock, new HostRoad('esx-1', clock)));
}

describe('the way to a host', () => {
  it('that is cut loses the answers to calls under way, which are done all the same', () =>
    onRoad(async (clock, road) => {
      let done = 0;
      const call = code(
        road.call(async () => {
          await clock.after(10_000);
          done += 1;
        }),
      );
      await clock.after(1_000);
      road.set('cut');
      expect([await call, clock.nowMs, done]).toEqual(['RESET', 1_000, 0]);
      expect(await code(road.call(async () => done++))).toBe('REFUSED');
      await clock.after(20_000);
      expect(done).toBe(1);
      road.clear();
      expect(await code(road.call(async () => 'here'))).toBe('here');
    }));

  it('that hangs holds calls and answers until it is mended', () =>
    onRoad(async (clock, road) => {
      let made = 0;
      const answer = code(road.call(() => clock.after(2_000).then(() => 'answer')));
      await clock.after(1_000);
      road.set('hang');
      const call = code(
        road.call(async () => {
          made += 1;
          return 'call';
        }),
      );
      await clock.after(30_000);
      expect(made).toBe(0);
      road.clear();
      expect([await answer, await call, clock.nowMs]).toEqual(['answer', 'call', 31_000]);
    }));

  it('that hangs for a minute ends the calls, and those that never left are not made', () =>
    onRoad(async (clock, road) => {
      road.set('hang');
      const parcel = KeyParcel.seal(new Uint8Array(32).fill(1));
      let made = 0;
      const host = { addKeys: async () => made++ } as unknown as HostApi;
      const calling = code(new LinkedHost(host, road).addKeys([{ id: {} as never, parcel }]));
      expect([await calling, clock.nowMs, made, parcel.spent]).toEqual(['RESET', 60_000, 0, true]);
      road.clear();
      await clock.after(60_000);
      expect(made).toBe(0);
    }));

  it('that hangs and is cut ends what waited at once', () =>
    onRoad(async (clock, road) => {
      road.set('hang');
      const calling = code(road.call(async () => expect.fail('it never left')));
      await clock.after(5_000);
      road.set('cut');
      expect([await calling, clock.nowMs]).toEqual(['RESET', 5_000]);
    }));
});
