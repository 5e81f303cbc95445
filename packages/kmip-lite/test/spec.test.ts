import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CryptographicUsageMask, Operation, ResultReason, State, standardAttributes, Tag } from '@vcryptsim/kmip-lite';
import { describe, expect, it } from 'vitest';

const inPackage = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

describe('specification as data', () => {
  it('is what the generated files hold', async () => {
    const generator: { generate(): Record<string, string> } = await import(inPackage('scripts/generate-spec.mjs'));
    const files = Object.entries(generator.generate());
    expect(files.length).toBe(3);
    for (const [path, text] of files) expect(readFileSync(inPackage(path), 'utf8'), path).toBe(text);
  });

  it('has the numbers of the specification', () => {
    // KMIP 1.1 section 9.1.3: one of the first, one of the last and one that vCenter uses, from each kind of table.
    expect(Tag).toMatchObject({
      ActivationDate: 0x420001,
      UniqueIdentifier: 0x420094,
      X509CertificateSubject: 0x4200b7,
    });
    expect(Operation).toMatchObject({ Create: 1, AddAttribute: 0x0d, DiscoverVersions: 0x1e });
    expect(ResultReason).toMatchObject({ ItemNotFound: 1, PermissionDenied: 0x0c, GeneralFailure: 0x100 });
    expect(State).toMatchObject({ PreActive: 1, Active: 2, DestroyedCompromised: 6 });
    expect(CryptographicUsageMask.Encrypt | CryptographicUsageMask.Decrypt).toBe(0x0c);
  });

  it('gives every number of a table once, and a tag of its own to every attribute', () => {
    const tags = Object.values(Tag);
    expect(new Set(tags).size).toBe(tags.length);
    for (const [name, { tag }] of Object.entries(standardAttributes)) {
      expect(Object.entries(Tag).find(([, number]) => number === tag)?.[0]).toBe(name.replace(/[^A-Za-z0-9]/g, ''));
    }
  });
});
