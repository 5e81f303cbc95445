import { createHmac } from 'node:crypto';
import { type ChainCheck, DurableLog, sha256Check } from '@vcryptsim/durable-log';
import type { FileSystem } from '@vcryptsim/ports';
import { type LogOwner, logOwnerSuite } from './support/log-owner-suite.js';

const PATH = '/owner/records';
const keyed: ChainCheck = {
  next: (before, content) => Uint8Array.from(createHmac('sha256', 'a key').update(before).update(content).digest()),
};

/** A map of names to long values: the smallest owner there can be. */
async function open(files: FileSystem, check: ChainCheck): Promise<LogOwner> {
  const state = new Map<string, string>();
  const bytesOf = (name: string, value: string) => new TextEncoder().encode(JSON.stringify({ name, value }));
  const { log } = await DurableLog.open({ files, path: PATH, format: 'test map 1', check }, (record) => {
    const { name, value } = JSON.parse(new TextDecoder().decode(record)) as { name: string; value: string };
    state.set(name, value);
  });
  return {
    change: (n) => {
      const [name, value] = [`thing-${n}`, `${n}`.padStart(700, 'x')];
      // Two records that count together.
      return log.appendAll([bytesOf(name, value), bytesOf('last', `${n}`)], () => {
        state.set(name, value);
        state.set('last', `${n}`);
      });
    },
    state: () => JSON.stringify([...state].sort()),
    compact: () => log.snapshot(() => [...state].map(([name, value]) => bytesOf(name, value))),
    close: () => log.close(),
  };
}

for (const [name, check] of Object.entries({ 'a map under a hash': sha256Check, 'a map under a key': keyed })) {
  logOwnerSuite({
    name,
    logPath: PATH,
    prepare: (files) => files.mkdir('/owner'),
    open: (files) => open(files, check),
  });
}
