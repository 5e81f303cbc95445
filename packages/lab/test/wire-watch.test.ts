import { MaskedBytes, SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import { NeedleSet } from '@vcryptsim/simkit/scan';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { counted } from '../../../test/support/counted.js';
import { runFolderAt } from '../src/folder/run-folder.js';
import { Searches } from '../src/invariants/searches.js';
import { KeysOnWire } from '../src/needles/keys-on-wire.js';
import { PlaintextMarkers } from '../src/needles/plaintext-markers.js';
import { SecretNeedles } from '../src/needles/secret-needles.js';
import { WireWatch } from '../src/taps/wire-watch.js';

const frame = (number: number, bytes: Uint8Array) => ({
  connection: { number, from: 'vcenter', to: 'kms-1' },
  direction: 'to-server' as const,
  bytes,
});

describe('WireWatch', () => {
  it('finds a key that was added while the stream was on, and one longer than all before', () => {
    const set = new NeedleSet();
    const watch = new WireWatch();
    watch.lookFor(() => set);
    const look = frame(1, new Uint8Array(3));
    const show = (bytes: Uint8Array) => watch.look({ ...look, bytes });
    show(new Uint8Array(40));
    const key = new SeededEntropy(1).public(32, 'key');
    set.add([{ name: 'key', bytes: key, forms: ['raw'] }]);
    show(key.subarray(0, 20));
    const long = new SeededEntropy(2).public(64, 'long');
    set.add([{ name: 'long', bytes: long, forms: ['raw'] }]);
    show(key.subarray(20));
    show(long.subarray(0, 1));
    show(long.subarray(1));
    expect(watch.take().map(({ needle, offsetBytes }) => [needle, offsetBytes])).toEqual([
      ['key', 40],
      ['long', 72],
    ]);
  });
});

describe('the searches of a world', () => {
  afterEach(() => vi.restoreAllMocks());

  /** Draws keys and writes plaintext, shows a frame and searches folders after each; answers how many needles were read. */
  function needlesRead(keys: number): number {
    const lent = vi.spyOn(MaskedBytes.prototype, 'lend');
    const recorder = new SecretRecorder(new SeededEntropy(1));
    const needles = new SecretNeedles(recorder, new KeysOnWire(new SeededEntropy(2)), new SeededEntropy(3));
    const markers = new PlaintextMarkers();
    const folder = runFolderAt('/run');
    const searches = new Searches({ needles, markers, folder });
    const watch = new WireWatch();
    watch.lookFor(() => searches.onWires.needles());
    const drawn = new SeededEntropy(4);
    for (let key = 0; key < keys; key++) {
      const about = { actor: 'esx-1', incarnation: 1, ordinal: key };
      for (const label of ['kek', 'dek']) recorder.record({ ...about, label }, drawn.public(32, 'key'));
      markers.add({
        vm: 'payroll',
        disk: 2000,
        number: key,
        encrypted: true,
        isPlainNow: async () => false,
        bytes: drawn.public(32, 'marker'),
      });
      const bytes = new Uint8Array(16);
      watch.look({ ...frame(key, bytes), connection: { number: key, from: 'vcenter', to: 'kms-1' } });
      for (const path of [folder.datastores, folder.vcenter, folder.kms]) searches.at(`${path}/file`);
    }
    const reads = lent.mock.calls.length;
    lent.mockRestore();
    return reads;
  }

  it('read each needle once, however often is searched: linear at n and 2n', () => {
    const [small, large] = [needlesRead(50), needlesRead(100)];
    const ratio = counted('needles read', [small, '50 keys'], [large, '100']);
    expect(small).toBeGreaterThanOrEqual(100);
    expect(ratio).toBeLessThan(2.2);
  });
});
