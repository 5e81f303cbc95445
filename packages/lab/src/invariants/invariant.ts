import type { ScanNeedle } from '@vcryptsim/simkit/scan';
import type { RunPlaces } from '../folder/run-folder.js';
import type { PlaintextMarkers } from '../needles/plaintext-markers.js';
import type { SecretNeedles } from '../needles/secret-needles.js';

/** A secret found where it must not be. */
export interface Violation {
  /** Name of the invariant, for example `no-plaintext-on-datastore`. */
  readonly invariant: string;
  /** What was found: the needle's name, never its bytes. */
  readonly needle: string;
  /** The file, or the connection as `vcenter -> kms-1`. */
  readonly where: string;
  /** Place in the file or stream, in bytes. */
  readonly offsetBytes: number;
  /** Step after which it was found, from 1; 0 for the search at the end. */
  readonly afterStep: number;
}

/** What an invariant is about: the secrets that came up so far, and where the files of the world are. */
export interface Secrets {
  readonly needles: SecretNeedles;
  readonly markers: PlaintextMarkers;
  readonly folder: RunPlaces;
}

/** What an invariant looks for, as the run goes on. */
export interface Followed {
  /** What must not be found, as far as it came since the last call. */
  next(): readonly ScanNeedle[];
  /** Says that a needle is no fault where it was found, as things are now. */
  excuses?(needle: string): Promise<boolean>;
}

/** What must hold after every step, whatever the scenario does: some bytes are nowhere in some places. */
export interface Invariant {
  readonly name: string;
  /** One sentence for the report. */
  readonly says: string;
  /** Begins to follow what must not be found. */
  follow(secrets: Secrets): Followed;
  /** Folders of the run in which it must not be found. */
  folders(folder: RunPlaces): readonly string[];
  /** True where it must not pass a wire either. */
  readonly alsoOnWires: boolean;
}
