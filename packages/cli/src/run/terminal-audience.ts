import type { World } from '@vcryptsim/lab';
import { visibleLine } from '@vcryptsim/ports';
import { SystemClock } from '@vcryptsim/ports/os';
import {
  type Audience,
  Narrator,
  type PlannedStep,
  type Quiz,
  type RunResult,
  type Scenario,
} from '@vcryptsim/scenario-engine';
import { print as printText } from '../output.js';
import { ByteProgress } from '../terminal/byte-progress.js';
import { TerminalLine } from '../terminal/terminal-line.js';
import { terminalPaint } from '../terminal/terminal-paint.js';
import { terminalWidth } from '../terminal/terminal-width.js';
import { WaitLine } from '../terminal/wait-line.js';
import type { Keyboard } from './keyboard.js';
import { lookFurther } from './look-further.js';

/** How a run is shown. */
export interface TerminalOptions {
  readonly scenario: Scenario;
  /** Absolute path of the scenario file: another one beside it is named at the end. */
  readonly path: string;
  /** Real milliseconds to wait after each step; 0 for none. */
  readonly paceMs: number;
  readonly keyboard: Keyboard;
  /** Waits for Enter before each act. */
  readonly byStep: boolean;
  /** Asks the quiz questions; false prints them with their answers. */
  readonly quiz: boolean;
  /** The command that runs the same once more. */
  readonly repeat: (result: RunResult) => readonly string[];
}

/** A person at a terminal, or a file that somebody reads later: told act by act. */
export class TerminalAudience implements Audience {
  readonly #options: TerminalOptions;
  readonly #narrator: Narrator;
  readonly #clock = new SystemClock();
  readonly #wait: WaitLine;
  #isRealClock = false;
  #step: PlannedStep | null = null;
  #progress: { readonly label: string; readonly bar: ByteProgress; done: number } | null = null;
  #given: number | null = null;
  #inAct = false;

  constructor(options: TerminalOptions) {
    this.#options = options;
    this.#narrator = new Narrator(terminalPaint(process.stdout.isTTY === true), terminalWidth());
    this.#wait = new WaitLine(new TerminalLine(), this.#clock);
  }

  async begins(world: World): Promise<void> {
    this.#isRealClock = world.clock instanceof SystemClock;
    print([...this.#narrator.opening(this.#options.scenario, world), `files ${visibleLine(world.folder.path)}`]);
  }

  async stepBegins(step: PlannedStep, world: World): Promise<void> {
    this.#step = step;
    if (step.verb !== 'act') {
      this.#waitFor(step);
      return;
    }
    if (this.#inAct) print(await this.#narrator.keys(world));
    this.#inAct = true;
    if (this.#options.byStep) await this.#options.keyboard.askLine(`\nFiles so far: ${world.folder.path}\n[Enter] `);
  }

  async ask(quiz: Quiz): Promise<number | null> {
    this.#wait.end();
    print(this.#narrator.question(quiz));
    this.#given = this.#options.quiz
      ? await this.#options.keyboard.askChoice('    your guess (Enter: none): ', quiz.choices.length)
      : null;
    if (this.#step !== null) this.#waitFor(this.#step);
    return this.#given;
  }

  act(title: string, text: string): void {
    print(this.#narrator.act(title, text));
  }

  say(text: string): void {
    print(this.#narrator.say(text));
  }

  progress(label: string, doneBytes: number, totalBytes: number): void {
    if (this.#progress?.label !== label) {
      this.#progress = { label, bar: new ByteProgress(label, totalBytes, this.#clock, process.stderr), done: 0 };
    }
    this.#wait.end();
    this.#progress.bar.advance(doneBytes - this.#progress.done);
    this.#progress.done = doneBytes;
    if (doneBytes === totalBytes) this.#endProgress();
  }

  async stepEnds(...[step, result, observed]: Parameters<Audience['stepEnds']>): Promise<void> {
    this.#wait.end();
    this.#endProgress();
    const isStory = step.verb === 'act' || step.verb === 'say';
    if (!isStory || result.status === 'failed') print(this.#narrator.step(result, observed));
    if (step.quiz !== null) print(this.#narrator.answer(step.quiz, this.#given));
    if (this.#options.paceMs > 0) await this.#clock.after(this.#options.paceMs);
  }

  async ends(...[result, world]: Parameters<Audience['ends']>): Promise<void> {
    print(await this.#narrator.keys(world));
    const look = await lookFurther(world, this.#options.path);
    print(this.#narrator.closing(result, { repeat: this.#options.repeat(result), lookFurther: look }));
  }

  /** How long a step takes at most is known in real time only where the world's clock is the real one. */
  #waitFor({ title, action }: PlannedStep): void {
    const { lastsMs } = action.plan;
    this.#wait.begin(title, this.#isRealClock && lastsMs !== undefined ? lastsMs : null);
  }

  #endProgress(): void {
    this.#progress?.bar.end();
    this.#progress = null;
  }
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) printText(`${lines.join('\n')}\n`);
}
