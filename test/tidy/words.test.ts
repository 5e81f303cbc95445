// Plain modern English: words and phrases that no sentence for a person and no exported name may have.
import { describe, expect, it } from 'vitest';
import { findings, ROOT, sample, sourceFiles } from './source.js';
import { exportedNames, isSentence, literals, productSentences, scenarioLines, type UserText } from './user-text.js';

/** Phrases, each with what to write instead. */
const ODD: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\b(?:nobody|whoever)\b/i, 'say who or what, or use the passive'],
  [/\b(?:is|are|was|were) told\b/i, 'gets, is informed'],
  [/\bstands? (?:in|at|where|there|behind|twice|a second|beside|under|for)\b/i, 'is in, was found at, occurs'],
  [/\bpulled the plug\b/i, 'reset the connection'],
  [/\bhas left\b/i, 'closed the connection'],
  [/\b(?:for ever|will ever|no more (?:read|made|given))\b/i, 'forever, no longer'],
  [/\btruth\b/i, 'say what differs'],
  [/\b(?:came|comes) about\b/i, 'was established'],
  [/\bmade out for\b/i, 'was issued for'],
  [/\bcannot be read as what\b/i, 'is damaged, is not a ...'],
  [
    /(?<!there )\b(?:is|are|was|or) no (?:file|key|disk|word|number|UUID|object|JSON|attribute|authority|address|half|sound|tag|item type|message|virtual machine|certification authority|string|byte string|needle|folder|server|root key|password file|envelope)\b/i,
    'is not a',
  ],
  [/\bmend(?:s|ed)?\b/i, 'repair, correct'],
  [/\bgiven up by\b/i, 'was canceled'],
  [/\bfalls? silent\b/i, 'does not answer'],
  [
    /\b(?:at hand|as it were|thereby|therein|thereof|hitherto|henceforth|whence|lest|ere|betwixt|unto)\b/i,
    'plain words',
  ],
  [/\b(?:none of ours|for good|made anew|(?:key|it) (?:of zeros )?is none)\b/i, 'say it in full'],
  [/\bbytes behind\b/i, 'bytes after'],
  [/\bif need be\b/i, 'if it is missing'],
  [/\bFAILED \d+ of\b/, 'FAILED at step N of M'],
];
/** Names that do not say what they do. */
const ODD_NAMES = /^(?:toldOf|keyServersOf|unshaken|groupTurns|NOBODY|nobody\w*|whoever\w*|\w*[Tt]ruth)$/;

/** Code with its templates: in a sample `#` is written for `$`. */
function put(code: string): string {
  return code.replaceAll('#{', '$'.concat('{'));
}

function oddities({ path, line, text }: UserText): string[] {
  return ODD.flatMap(([phrase, instead]) => {
    const match = phrase.exec(text);
    return match === null ? [] : [`${path}:${line} '${match[0]}' (better: ${instead}) in: ${text.trim()}`];
  });
}

describe('the words', () => {
  it.each([
    ["throw new Error('nobody listens as kms-1');", 1],
    ["throw new Error('This cannot be read as what it should be');", 1],
    ['const a = `at #{time} all wait and nobody will ever speak`;', 2],
    ["const a = 'A follower that made keys would have another truth than its leader';", 1],
    ["const a = 'FAILED 0 of 8 steps';", 1],
    ['const a = `#{key} stands in #{file} at byte`;', 1],
    ["const a = 'it is no file of a VM';", 1],
    ["const a = 'kms-1 refused the connection: it is not running';", 0],
    ['// nobody reads this but us', 0],
    ["const a = nobody('x');", 0],
  ])('are judged in %j', (code, count) => {
    expect(
      literals(sample('packages/x/src/a.ts', put(code)))
        .filter(isSentence)
        .flatMap(oddities),
    ).toHaveLength(count);
  });

  it('of a template are found with what is put in, also inside each other', () => {
    const code =
      "const a = `one #{b ? `two #{c} three` : 'four five'} six`;\nconst d = { e: `seven #{f({ g: 1 })} eight` };";
    const found = literals(sample('packages/x/src/a.ts', put(code))).map(({ line, text }) => [line, text]);
    expect(found.sort()).toEqual([
      [1, 'four five'],
      [1, 'one {} six'],
      [1, 'two {} three'],
      [2, 'seven {} eight'],
    ]);
  });

  it('that a person reads are plain', () => {
    const sentences = productSentences();
    expect(sentences.length).toBeGreaterThan(1_000);
    expect([...sentences, ...scenarioLines()].flatMap(oddities)).toEqual([]);
  });

  it('of the README are plain', () => {
    const readme = sourceFiles('.', /^README\.md$/);
    expect(ROOT).not.toBe('');
    const lines = readme.flatMap(({ path, text }) =>
      text.split('\n').map((line, index) => ({ path, line: index + 1, text: line })),
    );
    expect(lines.length).toBeGreaterThan(50);
    expect(lines.flatMap(oddities)).toEqual([]);
  });

  it('that are exported say what they do', () => {
    expect(exportedNames().filter(({ text }) => ODD_NAMES.test(text))).toEqual([]);
    const members = sourceFiles('packages', /^packages\/[^/]+\/src\/.*\.ts$/).flatMap((file) =>
      findings(file, /\b(?:toldOf|keyServersOf|groupTurns)\b|#unshaken\b/g),
    );
    expect(members).toEqual([]);
  });
});
