import { Inbox } from '@vcryptsim/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('Inbox', () => {
  it('gives back what was put in, in whatever portions, and zeroes what it copied from', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 10 }),
        fc.array(fc.nat(40), { maxLength: 10 }),
        (contents, portions) => {
          const inbox = new Inbox();
          const pieces = contents.map((content) => new Uint8Array(content));
          for (const piece of pieces) inbox.add(piece);
          const taken: Uint8Array[] = [];
          for (const portion of portions) taken.push(inbox.take(Math.min(portion, inbox.lengthBytes)));
          taken.push(inbox.takeAll());
          expect(inbox.isEmpty).toBe(true);
          const wanted = Buffer.concat(contents);
          expect(Buffer.compare(Buffer.concat(taken), wanted)).toBe(0);
          for (const piece of pieces) {
            const handedOver = taken.some((part) => part.buffer === piece.buffer);
            if (!handedOver) expect(piece.every((byte) => byte === 0)).toBe(true);
          }
        },
      ),
    );
  });
});
