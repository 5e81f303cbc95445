/** How emphasis is shown: escape codes on a terminal, nothing elsewhere. Meaning never depends on it. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

const asItIs = (text: string): string => text;

/** No emphasis at all. */
export const PLAIN: Paint = { bold: asItIs, dim: asItIs, good: asItIs, bad: asItIs };
