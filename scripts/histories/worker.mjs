// One process of npm run histories: runs the histories that it is given, one after the other.
import { withTypeScript } from '../read-typescript.mjs';

await withTypeScript(async (load) => {
  const { runHistory } = await load('/test/histories/history.ts');
  await new Promise((resolve) => {
    process.on('message', async (spec) => {
      if (spec === 'end') {
        resolve();
        return;
      }
      process.send({ report: await runHistory(spec) });
    });
    // Without a parent there is nobody to tell.
    process.on('disconnect', () => process.exit(1));
    process.send({ ready: true });
  });
});
process.disconnect();
