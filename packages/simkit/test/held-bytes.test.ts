// Bytes that a fault holds back may have a key in them. When the wait for them ends in an error, they are gone.
import { type Channel, type Network, NetworkError } from '@vcryptsim/ports';
import {
  FaultyFileSystem,
  FaultyNetwork,
  MemoryFileSystem,
  type NetworkFault,
  RecordingFileSystem,
  TappedNetwork,
  VirtualClock,
} from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

/** A network whose every read brings these very bytes, and which keeps what was written. */
class OneAnswer implements Network {
  readonly written: Uint8Array[] = [];
  constructor(readonly bytes: Uint8Array) {}
  async connect(): Promise<Channel> {
    return {
      peer: {} as Channel['peer'],
      read: async () => this.bytes,
      write: async (bytes) => void this.written.push(bytes),
      close: async () => {},
      abort: async () => {},
    };
  }
  listen(): Promise<never> {
    throw new NetworkError('NOT_PERMITTED', 'nobody listens here');
  }
}

const dial = (network: Network) => network.connect({ name: 'kms' }, {} as never);

describe('bytes that a fault holds back', () => {
  it.each<[string, NetworkFault, string, (channel: Channel, network: FaultyNetwork) => unknown]>([
    ['hang, then close', { kind: 'hang' }, 'CLOSED', (channel) => channel.close()],
    ['hang, then abort', { kind: 'hang' }, 'CLOSED', (channel) => channel.abort()],
    ['hang, then refuse', { kind: 'hang' }, 'RESET', (_, network) => network.set('kms', { kind: 'refuse' })],
    ['slow, then close', { kind: 'slow', delayMs: 60_000 }, 'CLOSED', (channel) => channel.close()],
    [
      'slow, then refuse',
      { kind: 'slow', delayMs: 60_000 },
      'RESET',
      (_, network) => network.set('kms', { kind: 'refuse' }),
    ],
  ])('are zeroed when the read rejects: %s', async (_, fault, code, end) => {
    const bytes = new Uint8Array(64).fill(0x5a);
    const clock = new VirtualClock({ startMs: 0 });
    await clock.run(async () => {
      const network = new FaultyNetwork(new OneAnswer(bytes), clock);
      const channel = await dial(network);
      network.set('kms', fault);
      const reading = expect(channel.read()).rejects.toMatchObject({ code });
      await clock.after(1_000);
      expect(bytes.every((byte) => byte === 0x5a)).toBe(true);
      await end(channel, network);
      await reading;
    });
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });

  it('reach the reader whole when the way is mended', async () => {
    const bytes = new Uint8Array(64).fill(0x5a);
    const clock = new VirtualClock({ startMs: 0 });
    await clock.run(async () => {
      const network = new FaultyNetwork(new OneAnswer(bytes), clock);
      const channel = await dial(network);
      network.set('kms', { kind: 'hang' });
      const reading = channel.read();
      await clock.after(1_000);
      network.clear('kms');
      expect(await reading).toEqual(new Uint8Array(64).fill(0x5a));
    });
  });

  it('are zeroed when the observer of a tap fails', async () => {
    const bytes = new Uint8Array(64).fill(0x5a);
    const failing = {
      frame: () => {
        throw new RangeError('a mistake of ours');
      },
    };
    const channel = await dial(new TappedNetwork(new OneAnswer(bytes), 'vcenter', failing));
    await expect(channel.read()).rejects.toThrow('a mistake of ours');
    expect(bytes.every((byte) => byte === 0)).toBe(true);
  });
});

describe('bytes that a recorder copied', () => {
  it('are zeroed when the write fails, and the writer keeps his own', async () => {
    const files = new FaultyFileSystem(new MemoryFileSystem());
    const told: unknown[] = [];
    const recording = new RecordingFileSystem(files, { onOperation: (operation) => told.push(operation) });
    const handle = await recording.open('/file', { access: 'write', create: 'exclusive' });
    const bytes = new Uint8Array(64).fill(0x5a);
    const copies: Uint8Array[] = [];
    const slice = bytes.slice.bind(bytes);
    bytes.slice = (...range) => {
      const copy = slice(...range);
      copies.push(copy);
      return copy;
    };
    files.set({ kind: 'io-error', atCall: 1 });
    await expect(handle.pwrite(bytes, 0)).rejects.toMatchObject({ code: 'IO' });
    expect(copies.map((copy) => copy.every((byte) => byte === 0))).toEqual([true]);
    expect(bytes.every((byte) => byte === 0x5a)).toBe(true);
    expect(told).toHaveLength(1);
    await handle.close();
  });
});
