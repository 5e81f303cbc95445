import { failureLines, type RunResult, verdictOf } from '@vcryptsim/scenario-engine';
import { wrapCommand } from '@vcryptsim/scenario-engine/layout';

/** A run that failed, for a log: how to repeat it, where it failed, what was wanted and seen. */
export function describeFailure(result: RunResult, repeat: readonly string[], width: number): string {
  const atEnd = result.violations.filter((violation) => violation.afterStep === 0);
  return [
    'Repeat it:',
    ...wrapCommand(repeat, '  ', width),
    `${verdictOf(result)}, seed ${result.seed}, files in ${result.folder}`,
    ...result.steps
      .filter((step) => step.status === 'failed')
      .flatMap((step) => [
        `  ${step.file}:${step.line}: ${step.title}`,
        ...step.failures.flatMap((failure) => failureLines(failure, '    ', width)),
      ]),
    ...atEnd.map(
      ({ invariant, needle, where, offsetBytes }) => `  ! ${invariant}: ${needle} in ${where} at byte ${offsetBytes}`,
    ),
    '',
  ].join('\n');
}
