import { createCipheriv, createHmac } from 'node:crypto';
import { inspect } from 'node:util';
import { SystemEntropy } from '@vcryptsim/ports/os';
import { SecretRecorder, SeededEntropy } from '@vcryptsim/simkit';
import { describe, expect, it } from 'vitest';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('SeededEntropy', () => {
  it('draws the same of the same seed, and other bytes of another', () => {
    const draw = (seed: number | bigint) => hex(new SeededEntropy(seed).secret(48, 'kek'));
    expect(draw(7)).toBe(draw(7n));
    expect(new Set([draw(7), draw(8), draw(-7), draw(2n ** 70n)]).size).toBe(4);
  });

  it('never repeats across labels, kinds, actors, incarnations and draws', () => {
    const world = new SeededEntropy(1);
    const host = world.fork('esx-1', 1);
    const draws = [
      world.secret(32, 'a'),
      world.secret(32, 'a'),
      world.secret(32, 'b'),
      world.public(32, 'a'),
      world.public(32, 'b'),
      host.secret(32, 'a'),
      world.fork('esx-1', 2).secret(32, 'a'),
      world.fork('esx-2', 1).secret(32, 'a'),
      host.fork('esx-1', 1).secret(32, 'a'),
      world.fork('esx-11', 1).secret(32, 'a'),
      world.fork('esx-1', 11).secret(32, 'a'),
    ].map(hex);
    expect(new Set(draws).size).toBe(draws.length);
  });

  it('does not let a new draw shift the others', () => {
    const before = new SeededEntropy(1);
    const after = new SeededEntropy(1);
    after.secret(32, 'something new');
    after.public(5, 'kek');
    expect(hex(after.secret(32, 'kek'))).toBe(hex(before.secret(32, 'kek')));
    expect(hex(after.fork('h', 1).public(16, 'iv'))).toBe(hex(before.fork('h', 1).public(16, 'iv')));
  });

  it('is what its description says, so that recorded runs repeat in every version', () => {
    const mac = (key: string | Buffer, ...fields: string[]) => {
      const prefixed = fields.map((field) => Buffer.concat([Buffer.of(0, 0, 0, field.length), Buffer.from(field)]));
      return createHmac('sha256', key).update(Buffer.concat(prefixed)).digest();
    };
    const root = mac('vcryptsim seeded entropy', 'seed', '20261122');
    const drawKey = mac(mac(root, 'fork', 'esx-1', '3'), 'secret', 'dek', '1');
    const stream = createCipheriv('aes-256-ctr', drawKey, Buffer.alloc(16)).update(Buffer.alloc(40));
    const entropy = new SeededEntropy(20_261_122).fork('esx-1', 3);
    entropy.secret(5, 'dek');
    expect(hex(entropy.secret(40, 'dek'))).toBe(hex(stream));
  });

  it('looks like chance: each bit is set about half of the time', () => {
    const bytes = new SeededEntropy(3).public(1 << 16, 'noise');
    for (let bit = 0; bit < 8; bit++) {
      const set = bytes.reduce((count, byte) => count + ((byte >> bit) & 1), 0);
      expect(Math.abs(set - bytes.length / 2)).toBeLessThan(800);
    }
  });
});

describe('SecretRecorder', () => {
  it('keeps each secret draw under a mask, forks included, and no public one', () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    const world = new SeededEntropy(5, { recorder });
    const host = world.fork('esx-1', 2);
    world.public(16, 'iv');
    const drawn = [world.secret(32, 'root key'), host.secret(64, 'dek'), host.secret(64, 'dek')];
    expect(recorder.draws().map(({ bytes: _, ...rest }) => rest)).toEqual([
      { actor: 'world', incarnation: 0, label: 'root key', ordinal: 0 },
      { actor: 'esx-1', incarnation: 2, label: 'dek', ordinal: 0 },
      { actor: 'esx-1', incarnation: 2, label: 'dek', ordinal: 1 },
    ]);
    recorder.draws().forEach((draw, i) => {
      expect(draw.bytes.matchesAt(drawn[i]!, 0)).toBe(true);
      expect(draw.bytes.matchesAt(drawn[(i + 1) % 3]!, 0)).toBe(false);
      expect(draw.bytes.lend((plain) => hex(plain))).toBe(hex(drawn[i]!));
    });
  });

  it('prints no secret', () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    const secret = new SeededEntropy(5, { recorder }).secret(32, 'kek');
    const printed = inspect(recorder.draws(), { depth: 9, showHidden: true }) + JSON.stringify(recorder.draws());
    expect(printed).not.toContain(hex(secret));
    expect(printed).not.toContain([...secret.subarray(0, 6)].join(', '));
  });

  it('lends a buffer that is empty afterwards', () => {
    const recorder = new SecretRecorder(new SystemEntropy());
    new SeededEntropy(5, { recorder }).secret(32, 'kek');
    const [draw] = recorder.draws();
    const lent = draw?.bytes.lend((plain) => plain);
    expect(lent).toEqual(new Uint8Array(32));
  });
});
