// The process of one part: node run-part.mjs FILE, then orders and answers over the channel to its parent.
import { pathToFileURL } from 'node:url';
import { countUnhandled, unhandledSoFar } from './unhandled.mjs';

countUnhandled();
process.once('message', async ({ inputs, seed, server }) => {
  const answer = { inputs: 0, unhandled: 0, cut: 0, findings: [] };
  try {
    const part = await import(pathToFileURL(process.argv[2]).href);
    const say = (line) => process.send({ say: line });
    Object.assign(answer, await part.run({ inputs, seed, say, server }));
  } catch (error) {
    answer.findings = [`the part ended by itself: ${error?.stack ?? error}`];
  }
  const { unhandled, seen } = unhandledSoFar();
  answer.unhandled += unhandled;
  answer.findings = [...answer.findings, ...seen];
  process.send({ answer }, () => process.exit(0));
});
