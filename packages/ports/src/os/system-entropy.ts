import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../entropy.js';

/** The system's entropy, through OpenSSL's generator. Every stream is independent of every other by itself. */
export class SystemEntropy implements Entropy {
  secret(lengthBytes: number, _label: string): Uint8Array {
    return draw(lengthBytes);
  }

  public(lengthBytes: number, _label: string): Uint8Array {
    return draw(lengthBytes);
  }

  fork(_actor: string, _incarnation: number): Entropy {
    return this;
  }
}

// An ArrayBuffer of its own: a short `new Uint8Array(n)` lives on the JS heap, where the collector may copy it about.
function draw(lengthBytes: number): Uint8Array {
  return randomFillSync(new Uint8Array(new ArrayBuffer(lengthBytes)));
}
