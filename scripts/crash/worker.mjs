// One process of npm run crash or npm run crash:teeth: does the jobs that it is given, one after the other, and says what each
// found.
import { withTypeScript } from '../read-typescript.mjs';

// Refusals are on purpose here; their stacks would cost more than much else.
Error.stackTraceLimit = 0;

await withTypeScript(async (load) => {
  const { SCENARIOS, scenarioOf } = await load('/test/crash/scenarios/index.ts');
  const { walk } = await load('/test/crash/walk.ts');
  const { tryTeeth } = await load('/test/crash/teeth/teeth.ts');
  const kinds = { walk, teeth: tryTeeth };
  await new Promise((resolve) => {
    process.on('message', async (job) => {
      if (job === 'end') {
        resolve();
        return;
      }
      try {
        process.send({ report: await kinds[job.kind](scenarioOf(job.scenario), job) });
      } catch (error) {
        process.send({ failed: `${job.scenario}: ${error?.stack ?? error}` });
      }
    });
    // Without a parent there is nobody to tell.
    process.on('disconnect', () => process.exit(1));
    process.send({ scenarios: SCENARIOS.map(({ name }) => name), ready: true });
  });
});
const { user, system } = process.cpuUsage();
process.send({ cpuSeconds: (user + system) / 1e6 }, () => process.exit(0));
