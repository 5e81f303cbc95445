import { spawn } from 'node:child_process';

/**
 * Runs a measured process with its work as JSON in the first argument; answers the JSON that it prints.
 *
 * @param script path of what was built
 * @throws Error with what the process complained of
 */
export function inFreshProcess<T>(script: string, work: object, env: NodeJS.ProcessEnv = process.env): Promise<T> {
  const child = spawn(process.execPath, [script, JSON.stringify(work)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, complaint] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(printed) as T);
      else reject(new Error(`measuring ${JSON.stringify(work)} ended with code ${code}: ${complaint.trim()}`));
    });
  });
}
