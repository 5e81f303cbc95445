/** Who is told what happens inside a step. */
export interface Listener {
  /** A new act, told in one or two sentences. */
  act(title: string, text: string): void;
  /** One sentence between steps. */
  say(text: string): void;
  /** Bytes done of a long piece of work. */
  progress(label: string, doneBytes: number, totalBytes: number): void;
}
