import { createInterface } from 'node:readline';
import type { LabStatus, LabWords, OrderAnswer, ReplyListener } from '@vcryptsim/lab';
import { labelled } from '@vcryptsim/scenario-engine/layout';
import { completions, PROMPT_WORDS } from './complete.js';
import { statusLines } from './status-text.js';

/** Lines of earlier prompts that the arrow keys bring back. */
export const HISTORY_LINES_MAX = 500;

/** Where a prompt reads and writes, and what it asks. */
export interface PromptOptions {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WritableStream;
  /** Shows lines; what comes from a lab goes through the door of the program. */
  readonly show: (lines: readonly string[]) => void;
  readonly lab: PromptLab;
  readonly width: () => number;
  /** Newest first, as readline has it. */
  readonly history: readonly string[];
}

/** What a prompt asks of a lab. */
export interface PromptLab {
  words(): Promise<LabWords>;
  order(text: string, listener: ReplyListener): Promise<OrderAnswer>;
  status(): Promise<LabStatus>;
}

/**
 * Asks a person for orders until they leave or the input ends.
 *
 * @returns the lines that they typed, newest first
 * @throws what the lab throws when it is gone
 */
export async function openPrompt(o: PromptOptions): Promise<readonly string[]> {
  const words = await o.lab.words();
  const lines = createInterface({
    input: o.input,
    output: o.output,
    terminal: true,
    prompt: 'lab> ',
    completer: (line: string) => completions(line, words),
    history: [...o.history],
    historySize: HISTORY_LINES_MAX,
    removeHistoryDuplicates: true,
  });
  let history = o.history;
  lines.on('history', (newest: readonly string[]) => {
    history = [...newest];
  });
  try {
    lines.prompt();
    for await (const line of lines) {
      const text = line.trim();
      if (text === 'exit' || text === 'quit') break;
      if (text !== '') await answer(text, words, o);
      lines.prompt();
    }
    return history;
  } finally {
    lines.close();
  }
}

async function answer(text: string, words: LabWords, { lab, show, width }: PromptOptions): Promise<void> {
  const [first, second] = text.split(/\s+/);
  if (first === 'help') return show(helpLines(words, second, width()));
  if (text === 'status') return show(statusLines(await lab.status(), width()));
  const {
    outcome,
    fault,
    text: says,
  } = await lab.order(text, {
    queued: (before) =>
      show([`Waiting: ${before === 1 ? 'another order is' : `${before} orders are`} before this one.`]),
  });
  const label = outcome === 'done' ? '' : `${fault ?? 'Not understood'}: `;
  show(`${label}${says === '' ? 'Done.' : says}`.split('\n'));
}

function helpLines({ verbs }: LabWords, wanted: string | undefined, width: number): string[] {
  const one = verbs.find(({ verb }) => verb === wanted);
  if (one !== undefined) {
    const fields = one.fields.length === 0 ? [] : [`Fields: ${one.fields.map((field) => `--${field}`).join(' ')}`];
    return [one.about, `As in a scenario: ${one.example}`, ...fields];
  }
  const rows = [...verbs.map(({ verb, about }) => [verb, about] as const), ...PROMPT_WORDS];
  const columns = Math.max(...rows.map(([word]) => word.length));
  return rows.flatMap(([word, about]) => labelled(`${word.padEnd(columns)}  `, about, width));
}
