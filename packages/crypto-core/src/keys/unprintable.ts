/** Base of every holder of a secret: whichever way it is printed, it gives its name in brackets and nothing else. */
export abstract class Unprintable {
  /** `[Dek]`, `[Kek]` ... */
  toString(): string {
    return `[${this.constructor.name}]`;
  }

  /** What `JSON.stringify` writes. */
  toJSON(): string {
    return this.toString();
  }

  /** What `util.inspect` and the console show. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}
