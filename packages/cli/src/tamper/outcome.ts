import type { TargetKind } from './target.js';

/** What a change of a file comes to. Each claim about bytes is shown by packages/cli/test/tamper.test.ts. */
export interface Outcome {
  /** What the guest or the host sees. */
  readonly does: string;
  /** What an attacker has from it. */
  readonly gains: string;
  /** Who notices, and by which error. */
  readonly noticed: string;
}

const XTS_NOTICES =
  'by nothing: XTS has no integrity, and no place for a checksum. A file system or a program in the guest may stumble over it.';
const SEALED_NOTICES =
  'by the host, when the VM is powered on or registered: ENVELOPE_TAMPERED. Put the bytes back, and it starts again.';
const PLAIN: Outcome = {
  does: 'The guest reads what is written here.',
  gains: 'Everything: can read all data of the disk, and choose what the guest reads.',
  noticed: 'by nothing.',
};
const CLEAR_TEXT: Outcome = {
  does: 'The file is text in clear, except for its bundle. The host reads the changed text.',
  gains:
    'No key and no data. The VM is refused until the bytes are put back; if no copy of the bundle is left, the data is lost. How a disk is read is decided by the sealed copy, never by this text.',
  noticed:
    'by the host, when the VM is powered on or registered: BUNDLE_TAMPERED inside the bundle, DESCRIPTOR_MISMATCH in what the bundle says too, FILE_DAMAGED in the form of a line. Changes in comments and in keys that are not compared pass.',
};
const UNKNOWN: Outcome = {
  does: 'It is not known how a host reads this file: it has no mark, and no descriptor beside it names it.',
  gains: 'That depends on what the file is.',
  noticed: 'That depends on what the file is.',
};

/** What one flipped bit comes to. */
export function flipOutcome(kind: TargetKind): Outcome {
  if (kind === 'encrypted extent') {
    return {
      does: 'These 16 bytes decrypt to noise. Every other byte of the disk is what it was.',
      gains: 'Can destroy 16 bytes at a place of their choice, and cannot choose what is there instead.',
      noticed: XTS_NOTICES,
    };
  }
  return elsewhere(kind);
}

/** What two exchanged pieces come to. */
export function swapOutcome(kind: TargetKind, sizeBytes: number): Outcome {
  if (kind === 'encrypted extent') {
    return {
      does: `Both pieces, ${sizeBytes} bytes each, decrypt to noise: the place on the disk is part of the encryption.`,
      gains: 'Cannot move data from one place of the disk to another. Can destroy it, as with a flipped bit.',
      noticed: XTS_NOTICES,
    };
  }
  return elsewhere(kind);
}

/** What an older piece at its own place comes to. */
export function replayOutcome(kind: TargetKind, sizeBytes: number): Outcome {
  if (kind === 'encrypted extent') {
    return {
      does: `These ${sizeBytes} bytes decrypt to what the guest had at this place when the copy was made, if the disk still has the data key that it had then. After a deep recrypt they decrypt to noise.`,
      gains:
        'Can put back old data in pieces of 16 bytes, without any key: an old password hash, an old balance, a patched program unpatched. Needs two copies of the disk, and to know which piece to take.',
      noticed: XTS_NOTICES,
    };
  }
  return elsewhere(kind);
}

/** What an older file in the place of the new one comes to. */
export function rollbackOutcome(kind: TargetKind): Outcome {
  if (kind === 'encrypted extent') {
    return {
      does: 'The whole disk is again what it was when the copy was made, if it still has the data key that it had then. After a deep recrypt it decrypts to noise.',
      gains: 'Can undo everything that the guest wrote since, without any key.',
      noticed: XTS_NOTICES,
    };
  }
  if (kind === 'VMX' || kind === 'descriptor') {
    return {
      does: 'The host asks for the KEK that the older file names, and opens the older bundle with it.',
      gains:
        'Where keys changed in between: after a shallow recrypt, someone with the old KEK has the data key, which is still the same. After a deep recrypt the older bundle opens only copies of the older data.',
      noticed: `by the host, if only this file is put back and there was a deep recrypt in between: DESCRIPTOR_MISMATCH, because the sealed part of the VMX says which data key each disk has, or FILE_DAMAGED, because a file that it names is gone. After a shallow recrypt the host asks for the old KEK, and notices nothing where it has it. Put back together with ${kind === 'VMX' ? 'its descriptors and their data' : 'the VMX and the data'}, by nothing: nothing outside these files remembers.`,
    };
  }
  if (kind === 'sealed file') {
    return {
      does: 'What is sealed in it (firmware variables, or a saved state) is again what it was when the copy was made, if the VM home still has the data key that it had then.',
      gains: 'Can undo changes of what is in it, such as firmware settings, without any key.',
      noticed:
        'by nothing as long as the key is the same: the seal says whose the file is, not how old. After a deep recrypt: ENVELOPE_TAMPERED.',
    };
  }
  return elsewhere(kind);
}

function elsewhere(kind: TargetKind): Outcome {
  if (kind === 'plain extent') return PLAIN;
  if (kind === 'VMX' || kind === 'descriptor') return CLEAR_TEXT;
  if (kind === 'sealed file') {
    return {
      does: 'The seal does not fit any more.',
      gains: 'Can keep the VM from starting.',
      noticed: SEALED_NOTICES,
    };
  }
  return UNKNOWN;
}
