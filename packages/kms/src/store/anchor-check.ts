import { type Anchor, hexOf } from './anchor.js';

/** Compares a journal with its anchor while it is read. Without an anchor that knows anything it accepts all. */
export class AnchorCheck {
  #isMet = false;

  constructor(private readonly anchor: Anchor | undefined) {}

  /** The head. Throws KmsError ANCHOR_MISMATCH. */
  begin(o: { readonly store: Uint8Array; readonly lastNumber: number; readonly chain: Uint8Array }): void {
    const known = this.anchor?.known;
    if (!known) return;
    if (known.store !== new TextDecoder().decode(o.store)) this.anchor?.refuse('it is another store');
    if (known.write < o.lastNumber) {
      this.anchor?.refuse(`it was written and rewritten without that file since write ${known.write}`);
    }
    this.at(o.lastNumber, o.chain);
  }

  /** A frame, or what a head says of the one before the first. Throws KmsError ANCHOR_MISMATCH. */
  at(number: number, chain: Uint8Array): void {
    const known = this.anchor?.known;
    if (known?.write !== number) return;
    if (known.chain !== hexOf(chain)) this.anchor?.refuse(`write ${number} is another one than it was`);
    this.#isMet = true;
  }

  /** The end. Throws KmsError ANCHOR_MISMATCH. */
  end(lastNumber: number): void {
    const known = this.anchor?.known;
    if (known && !this.#isMet) this.anchor?.refuse(`it ends at write ${lastNumber}, and was at write ${known.write}`);
  }
}
