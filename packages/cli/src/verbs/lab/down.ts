import { resolve } from 'node:path';
import { ControlLink, LabError, labFolderAt } from '@vcryptsim/lab';
import { OsFolderLocks, SystemClock, UnixSocket } from '@vcryptsim/ports/os';
import { Command } from 'commander';
import { asLabTrouble } from '../../lab/lab-trouble.js';
import { print } from '../../output.js';

const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** `vcryptsim lab down`: ends a lab that is up; what it is stays in its folder. */
export function downCommand(): Command {
  return new Command('down')
    .description('End a lab that is up. Its folder keeps it, and replay.yaml there repeats what was done in it.')
    .requiredOption('--dir <dir>', 'the folder of the lab')
    .addHelpText('after', '\nExample:\n  vcryptsim lab down --dir my-lab')
    .action(({ dir }: { readonly dir: string }) =>
      down(dir).catch((error: unknown) => {
        throw asLabTrouble(error);
      }),
    );
}

async function down(dir: string): Promise<void> {
  const folder = resolve(dir);
  try {
    await new ControlLink(new UnixSocket(), folder).ask({ ask: 'down' });
  } catch (error) {
    // Somebody else ends it already.
    if (!(error instanceof LabError && error.code === 'LAB_REFUSED')) throw error;
  }
  await untilFree(folder);
  print(`The lab is down. Repeat what was done: vcryptsim run ${labFolderAt(dir).replay}\n`);
}

/** Waits until the lab's process has given its folder free, so that the next command can have it. */
async function untilFree(folder: string): Promise<void> {
  const clock = new SystemClock();
  for (const untilMs = clock.nowMs + PATIENCE_MS; clock.nowMs < untilMs; ) {
    const taken = await new OsFolderLocks().take(folder, 'lab-down');
    if ('release' in taken) return taken.release();
    await clock.after(LOOK_AGAIN_MS);
  }
}
