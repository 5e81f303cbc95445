// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the samples are code in strings
import { describe, expect, it } from 'vitest';
import { findings, packageSources, sample } from './source.js';

const codeOf = (text: string) => sample('packages/x/src/a.ts', text).code;

describe('the scanner under the tidy tests', () => {
  it('blanks comments and literals, keeps lines and lengths', () => {
    const text =
      "// one\nconst a = 'two' + `three ${four} five`; /* six\n seven */ const b = /ei'ght/.test(a) ? 9 / 3 / 1 : 2;\n";
    const code = codeOf(text);
    expect(code).toHaveLength(text.length);
    expect(code.split('\n')).toHaveLength(text.split('\n').length);
    for (const word of ['one', 'two', 'three', 'five', 'six', 'seven', 'ght']) expect(code).not.toContain(word);
    for (const word of ['const a', 'four', 'const b', '.test(a)', '9 / 3 / 1']) expect(code).toContain(word);
  });

  it('finds its way out of nested templates, escapes and quotes in classes', () => {
    expect(codeOf('f(`a ${g(`b ${c} d`)} e`); last')).toMatch(/f\(` {2}\$?.*g\(`.*c.*`\)} {2}`\); last/);
    expect(codeOf("const s = 'it\\'s'; last")).toContain('; last');
    expect(codeOf('const r = /[/"\']+/g; last')).toContain('; last');
    expect(codeOf('const t = `\\\\`; last')).toContain('; last');
    expect(codeOf('const o = `${{ a: 1 }.a}`; last')).toContain('; last');
  });

  it('names the place of a finding', () => {
    expect(findings(sample('packages/x/src/a.ts', 'one\ntwo eval(3)\n'), /\beval\(/g)).toEqual([
      'packages/x/src/a.ts:2 eval(',
    ]);
  });

  it('leaves every brace of the product balanced', () => {
    const files = packageSources();
    expect(files.length).toBeGreaterThan(20);
    const odd = files.filter(({ code }) => code.split('{').length !== code.split('}').length);
    expect(odd.map((file) => file.path)).toEqual([]);
  });
});
