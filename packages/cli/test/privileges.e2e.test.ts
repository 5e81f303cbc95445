import { OPERATIONS, PRIVILEGE_IDS } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../test/support/run-cli.js';

const CRYPTOGRAPHER = PRIVILEGE_IDS.filter((id) => id.startsWith('Cryptographer.'));
const names = OPERATIONS.map(({ name }) => name);

async function matrixOf(...words: readonly string[]) {
  const { exitCode, stdout, stderr } = await runCli(['privileges', '--json', ...words]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout);
}

const operationOf = (matrix: { operations: { operation: string }[] }, name: string) =>
  matrix.operations.find(({ operation }) => operation === name);

describe('vcryptsim privileges', () => {
  it('gives each operation of the catalogue a row, and each Cryptographer privilege a place in the list', async () => {
    const matrix = await matrixOf();
    expect(matrix.version).toBe(1);
    expect(matrix.operations.map(({ operation }: { operation: string }) => operation)).toEqual(names);
    expect(CRYPTOGRAPHER).toHaveLength(14);
    expect(matrix.privileges.map(({ privilege }: { privilege: string }) => privilege)).toEqual(CRYPTOGRAPHER);
    expect(operationOf(matrix, 'CreateVM_Task')).toMatchObject({
      ...{ object: 'Folder', verb: 'vm.create', task: true },
      needs: expect.arrayContaining([
        expect.objectContaining({ privilege: 'Cryptographer.EncryptNew', on: 'the folder', fault: 'NoPermission' }),
        expect.objectContaining({
          ...{ privilege: 'Cryptographer.RegisterHost', on: 'another host of the cluster', fault: null },
          effect: 'the VM is made, and that host stays disabled, without the key',
        }),
      ]),
    });
    const usedBy = (id: string) =>
      matrix.privileges.find(({ privilege }: { privilege: string }) => privilege === id).usedBy;
    expect(usedBy('Cryptographer.EncryptNew')).toEqual(['CreateVM_Task']);
    expect(usedBy('Cryptographer.Access')).toEqual([]);
  });

  it('shows what one release has and looks for', async () => {
    const needsOf = async (version: string) => {
      const matrix = await matrixOf('--vcenter', version);
      const needs = (operationOf(matrix, 'ListKmipServers') as unknown as { needs: { privilege: string }[] }).needs;
      return { matrix, needs: needs.map(({ privilege }) => privilege) };
    };
    const old = await needsOf('6.5');
    expect(old.needs).toEqual(['Cryptographer.ManageKeyServers']);
    expect(operationOf(old.matrix, 'CryptoUnlock_Task')).toBeUndefined();
    expect(old.matrix.privileges).toHaveLength(13);
    const late = await needsOf('8.0U3');
    expect(late.needs).toEqual(['Cryptographer.ReadKeyServersInfo']);
    expect(operationOf(late.matrix, 'CryptoUnlock_Task')).toBeDefined();
    expect(late.matrix.privileges).toHaveLength(14);
  });

  it('is text of 80 columns that names each of them', async () => {
    const { exitCode, stdout } = await runCli(['privileges']);
    expect(exitCode).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    for (const { name, on } of OPERATIONS) expect(lines.some((line) => line.startsWith(`${name} on ${on}`))).toBe(true);
    for (const id of CRYPTOGRAPHER) expect(stdout).toContain(`\n${id} (since `);
    expect(stdout).toMatch(/Cryptographer\.Access \(since 6\.5\)\n(?: {2}.*\n)*? {2}used by {2}not used yet\n/);
  });

  it('is comma-separated, a line for each need, with its quotes', async () => {
    const { exitCode, stdout } = await runCli(['privileges', '--csv']);
    expect(exitCode).toBe(0);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe('operation,object,verb,privilege,on,when,without,since,before');
    expect(lines).toHaveLength(OPERATIONS.reduce((sum, { needs }) => sum + Math.max(1, needs.length), 0));
    expect(lines).toContain(
      'GenerateKey,CryptoManagerKmip,key.generate,Cryptographer.ManageKeys,the root folder,,NoPermission,,',
    );
    expect(lines.filter((line) => line.includes('"the VM is made, and that host stays disabled'))).toHaveLength(1);
  });

  it.each([
    [['--vcenter', '6.4'], '8.0U3'],
    [['--json', '--csv'], '--csv'],
    [['CreateVM_Task'], 'argument'],
  ])('refuses %j', async (words, said) => {
    const { exitCode, stdout, stderr } = await runCli(['privileges', ...words]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(said);
  });
});
