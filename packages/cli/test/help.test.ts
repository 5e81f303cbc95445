import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../src/exit.js';
import { program } from '../src/verbs/program.js';

function all(command: Command): Command[] {
  return [command, ...command.commands.flatMap(all)];
}

function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

describe('the help of every verb', async () => {
  const verbs = all(await program([]));

  it('is walked whole', () => {
    expect(verbs.length).toBeGreaterThan(35);
  });

  it.each(verbs.map((verb) => [nameOf(verb), verb] as const))('has exit codes and an example: %s', (name, verb) => {
    const help = helpOf(verb);
    for (const code of Object.values(EXIT)) expect(help).toMatch(new RegExp(`^  ${code} {4}\\w`, 'm'));
    expect(help.split('Exit codes:')).toHaveLength(2);
    expect(help).toMatch(
      new RegExp(`^Examples?:\\n(?:.*\\n)*? +(?:.*\\| )?${name === 'vcryptsim' ? 'vcryptsim' : name}\\b`, 'm'),
    );
  });

  it.each(['constructor', '__proto__', 'toString', ''])('is no other for %s', async (word) => {
    expect((await program([word])).commands.length).toBe((await program([])).commands.length);
  });
});
