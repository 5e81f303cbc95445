// The key server under attack, from outside its process.
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Starts a key server in a process of its own, in a new temporary folder.
 *
 * @param settings more options of KeyServer.open, as JSON
 */
export async function startTarget(settings = {}) {
  const file = fileURLToPath(new URL('./serve-target.mjs', import.meta.url));
  const child = fork(file, [JSON.stringify(settings)], { execArgv: ['--expose-gc'] });
  const waiting = new Map();
  let exit = null;
  const { host, port } = await new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message.ready) return resolve(message.ready);
      waiting.get(message.id)?.(message);
      waiting.delete(message.id);
    });
    child.on('exit', (code, signal) => {
      exit = `the server's process ended: ${signal ?? code}`;
      reject(new Error(exit));
      for (const answer of waiting.values()) answer({ error: exit });
      waiting.clear();
    });
  });
  let last = 0;
  const ask = (order, more = {}) =>
    new Promise((resolve, reject) => {
      if (exit) return reject(new Error(exit));
      const id = ++last;
      waiting.set(id, ({ answer, error }) => (error ? reject(new Error(error)) : resolve(answer)));
      child.send({ id, order, ...more });
    });
  return {
    address: { host, port },
    pid: child.pid,
    /** Registers a client and answers with its { cert, key }. */
    client: (name) => ask('client', { name }),
    state: () => ask('state'),
    stop: async () => {
      const answer = await ask('stop');
      if (exit === null) await new Promise((resolve) => child.once('exit', resolve));
      return answer;
    },
    kill: () => child.kill('SIGKILL'),
  };
}
