import { LabError, type LabErrorCode } from '@vcryptsim/lab';
import { ScenarioError } from '@vcryptsim/scenario-engine';
import { CliError, EXIT } from '../exit.js';

/** Refusals that say that what was given is wrong, not the machine. */
const BAD_INPUT: readonly LabErrorCode[] = ['OTHER_LAB', 'BAD_IMAGE', 'BAD_CREDENTIALS'];

/** Says what a refusal of a lab means to a user; anything else is returned as it is. */
export function asLabTrouble(error: unknown): unknown {
  if (error instanceof ScenarioError) {
    return new CliError(EXIT.badInput, 'bad topology', undefined, error.message.split('\n'));
  }
  if (!(error instanceof LabError)) return error;
  const exitCode = BAD_INPUT.includes(error.code) ? EXIT.badInput : EXIT.environment;
  return new CliError(exitCode, error.message, nextStepOf(error.code));
}

function nextStepOf(code: LabErrorCode): string | undefined {
  if (code === 'LAB_NOT_UP') return 'Start it: vcryptsim lab up FILE.yaml --dir DIR';
  if (code === 'LAB_WENT_AWAY') return 'Start it again: vcryptsim lab up --dir DIR';
  return undefined;
}
