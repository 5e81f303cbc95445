// The prompt of a lab, at a terminal that is two streams.
import { PassThrough } from 'node:stream';
import type { LabWords, OrderAnswer } from '@vcryptsim/lab';
import { describe, expect, it } from 'vitest';
import { completions } from '../src/lab/complete.js';
import { logLine } from '../src/lab/log-text.js';
import { openPrompt } from '../src/lab/prompt.js';

const WORDS: LabWords = {
  verbs: [
    { verb: 'vm.create', about: 'Creates a VM.', example: 'vm.create: payroll', fields: ['vm'] },
    { verb: 'vm.write', about: 'The guest writes.', example: 'vm.write: {}', fields: ['vm', 'lba', 'text'] },
    { verb: 'wait', about: 'Lets time pass.', example: 'wait: 5m', fields: [] },
  ],
  names: ['payroll', 'web', 'esx-1'],
};
const DONE: OrderAnswer = { outcome: 'done', fault: null, messageKey: null, privilege: null, object: null, text: '' };

const UP = '\u001b[A';

/** Types as a person does, one key after the other; a piece that comes at once would be taken for a paste. */
async function type(input: PassThrough, keys: Iterable<string>): Promise<void> {
  for (const key of keys) {
    input.write(key);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('completion', () => {
  it.each([
    ['vm.', ['vm.create', 'vm.write'], 'vm.'],
    ['vm.c', ['vm.create '], 'vm.c'],
    ['', ['exit', 'help', 'status', 'vm.create', 'vm.write', 'wait'], ''],
    ['vm.write pay', ['payroll '], 'pay'],
    ['vm.write payroll --', ['--lba', '--text', '--vm'], '--'],
    ['vm.write payroll --l', ['--lba '], '--l'],
    ['help v', ['vm.create', 'vm.write'], 'v'],
    ['nonsense --', [], '--'],
  ])('of %j', (line, fit, word) => {
    expect(completions(line, WORDS)).toEqual([fit, word]);
  });
});

describe('the prompt', () => {
  it('completes, orders, tells what came of it, and gives its history back', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    output.resume();
    const ordered: string[] = [];
    const shown: string[] = [];
    const open = openPrompt({
      ...{ input, output, width: () => 80, history: ['wait 1s'] },
      show: (lines) => shown.push(...lines),
      lab: {
        words: async () => WORDS,
        status: () => Promise.reject(new Error('not asked for')),
        order: async (text, listener) => {
          ordered.push(text);
          if (text === 'wait 1s') listener.queued?.(2);
          const refused = { ...DONE, outcome: 'refused', fault: 'VM_LOCKED', text: 'It is locked.' } as const;
          return text.startsWith('vm.write') ? refused : DONE;
        },
      },
    });
    await type(input, 'vm.c\tpay\t\n');
    // The arrow up twice: the line before the one that was just typed.
    await type(input, [UP, UP, '\n']);
    await type(input, 'help vm.write\nvm.write payroll\n   \nexit\n');
    expect(await open).toEqual(['exit', 'vm.write payroll', 'help vm.write', 'wait 1s', 'vm.create payroll ']);
    expect(ordered).toEqual(['vm.create payroll', 'wait 1s', 'vm.write payroll']);
    expect(shown).toEqual([
      'Done.',
      'Waiting: 2 orders are before this one.',
      'Done.',
      'The guest writes.',
      'As in a scenario: vm.write: {}',
      'Fields: --vm --lba --text',
      'VM_LOCKED: It is locked.',
    ]);
  });
});

describe('a line of the log', () => {
  it('has time, who, what, and keys by ID and provider', () => {
    const atMs = Date.UTC(2026, 0, 5, 8, 3, 3);
    const event = { type: 'KEY_CACHED', id: { keyId: 'k1', providerId: 'corp-kms' }, count: 2 };
    expect(logLine({ kind: 'event', atMs, source: 'esx-1', event })).toBe(
      '2026-01-05 08:03:03.000  esx-1        KEY_CACHED id=k1/corp-kms count=2',
    );
    const exchange = { connection: 1, client: 'vcenter', server: 'kms-1', operation: 'Get', keyId: 'k1', result: null };
    expect(logLine({ kind: 'kmip', atMs, exchange })).toBe(
      '2026-01-05 08:03:03.000  vcenter -> kms-1  Get of k1: no answer',
    );
  });
});
