// The door of a listener, without a wire: who waits in it, for how long, and who goes first when it is crowded.
import { Admission, type Guest, type ListenOptions } from '@vcryptsim/ports';
import { VirtualClock } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

/** A connection that came in and says nothing. */
function guestFrom(address: string | null): Guest & { isOver: boolean } {
  let tellOver = () => {};
  const guest = {
    address,
    isOver: false,
    abandoned: false,
    peer: {} as Guest['peer'],
    accept: () => {},
    whenOver: (run: () => void) => {
      tellOver = run;
    },
    read: async () => null,
    write: async () => {},
    close: async () => {},
    abort: async () => {
      guest.isOver = true;
      tellOver();
    },
  };
  return guest;
}

/** Runs `work` with a door, and answers how many it turned away. */
async function withDoor(
  o: Partial<ListenOptions>,
  work: (door: Admission, clock: VirtualClock) => Promise<void>,
): Promise<number> {
  const clock = new VirtualClock({ startMs: 0 });
  let refused = 0;
  const options = {
    identities: [],
    judge: () => Promise.reject(new Error('nobody is judged here')),
    onChannel: async () => {},
    onRefused: () => {
      refused += 1;
    },
    ...o,
  };
  await clock.run(async () => {
    const door = new Admission(clock, options);
    await work(door, clock);
    door.dispose();
  });
  return refused;
}

describe('the half-open connections of one address', () => {
  it('make room from the oldest on when they are too many and slow', async () => {
    const refused = await withDoor({ unauthenticatedPerAddressMax: 16 }, async (door, clock) => {
      const silent = Array.from({ length: 20 }, () => guestFrom('192.0.2.1'));
      for (const guest of silent) door.announce(guest);
      await clock.after(1000);
      door.announce(guestFrom('192.0.2.1'));
      expect(silent.map(({ isOver }) => isOver)).toEqual([...Array(4).fill(true), ...Array(16).fill(false)]);
    });
    expect(refused).toBe(4);
  });

  it('may be many for a second, as when a good client begins many at once', async () => {
    const refused = await withDoor({ unauthenticatedPerAddressMax: 16 }, async (door, clock) => {
      for (let count = 0; count < 60; count += 1) door.announce(guestFrom('192.0.2.1'));
      await clock.after(999);
      door.announce(guestFrom('192.0.2.1'));
    });
    expect(refused).toBe(0);
  });

  it('do not count for other addresses, nor do those of this process', async () => {
    const refused = await withDoor({ unauthenticatedPerAddressMax: 1 }, async (door, clock) => {
      for (const address of ['192.0.2.1', '192.0.2.2', null, null, null]) door.announce(guestFrom(address));
      await clock.after(5000);
      for (const address of ['192.0.2.1', '192.0.2.2', null]) door.announce(guestFrom(address));
    });
    expect(refused).toBe(0);
  });

  it('are those that were not admitted', async () => {
    const refused = await withDoor({ unauthenticatedPerAddressMax: 1 }, async (door, clock) => {
      const judged = Array.from({ length: 3 }, () => guestFrom('192.0.2.1'));
      for (const guest of judged) door.announce(guest);
      for (const guest of judged) door.admit(guest, guest.peer);
      door.announce(guestFrom('192.0.2.1'));
      await clock.after(5000);
      door.announce(guestFrom('192.0.2.1'));
      expect(judged.some(({ isOver }) => isOver)).toBe(false);
    });
    expect(refused).toBe(0);
  });
});
