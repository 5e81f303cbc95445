/** How an interrupted change ended: nothing was there to settle; as if it had ended; as if it had not begun. */
export type Settled = 'nothing' | 'finished' | 'undone';
