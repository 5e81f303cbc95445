import { durationSchema, formatDuration, LabError } from '@vcryptsim/lab';
import { z } from 'zod';
import type { BoundExpectation, Finding } from '../../expectations/expectation-kind.js';
import type { Scene } from '../../scene/scene.js';
import { stepKind } from '../step-kind.js';

/** Each look checks every condition. */
const LOOKS_MAX = 100_000;

/** `until`: lets time pass until all its conditions hold; fails when they do not `within` a time. */
export const until = stepKind({
  verb: 'until',
  about: 'Waits until conditions hold, at most `within`; looks `every` so often (default 1s).',
  example: 'until: { vm.payroll.state: unlocked, within: 10m }',
  takesConditions: true,
  args: () =>
    z
      .strictObject({ within: durationSchema, every: durationSchema.default(1_000) })
      .refine(({ within, every }) => within / every <= LOOKS_MAX, {
        path: ['every'],
        message: `it would look more than ${LOOKS_MAX} times; give a longer 'every'`,
      }),
  plan: ({ within }) => ({ lastsMs: within }),
  run: async ({ within, every }, scene, conditions) => {
    const { clock } = scene.world;
    const startMs = clock.nowMs;
    for (;;) {
      const open = await unmet(conditions, scene);
      const waitedMs = clock.nowMs - startMs;
      if (open.length === 0) return { facts: [`It took ${formatDuration(waitedMs)}.`] };
      if (waitedMs >= within) {
        const what = open.map(({ wanted, found }) => `wanted ${wanted}, found ${found}`).join('; ');
        throw new LabError('NOT_IN_TIME', `Not within ${formatDuration(within)}: ${what}.`);
      }
      await clock.after(Math.min(every, within - waitedMs));
    }
  },
});

async function unmet(conditions: readonly BoundExpectation[], scene: Scene): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const condition of conditions) findings.push(await condition.check(scene));
  return findings.filter((finding) => !finding.met);
}
