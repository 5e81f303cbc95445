import { visibleLine } from '@vcryptsim/ports';

/** One mistake in a scenario file, with the place of the wrong word. */
export interface ScenarioProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What is wrong, as a sentence without its full stop. */
  readonly message: string;
  /** The valid word that was probably meant. */
  readonly nearest?: string;
}

/** `FILE:LINE:COLUMN: message. Did you mean 'word'?`, the form that editors and terminals make clickable. */
export function formatProblem(problem: ScenarioProblem): string {
  const hint = problem.nearest === undefined ? '' : ` Did you mean '${problem.nearest}'?`;
  return visibleLine(`${problem.file}:${problem.line}:${problem.column}: ${problem.message}.${hint}`);
}

/** More are counted, not listed. */
const PROBLEMS_SHOWN = 50;

function shownProblems(problems: readonly ScenarioProblem[]): string[] {
  const lines = [...new Set(problems.map(formatProblem))];
  const more = lines.length - PROBLEMS_SHOWN;
  return more > 0 ? [...lines.slice(0, PROBLEMS_SHOWN), `... and ${more} more problems`] : lines;
}

/** A scenario that cannot be run. `problems` holds every mistake that could be found at once, in file order. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError';
  readonly code = 'BAD_SCENARIO';
  constructor(readonly problems: readonly ScenarioProblem[]) {
    super(shownProblems(problems).join('\n'));
  }
}
