// What is kept of the messages, and what of the report says where; which checks are made.
import {
  CHECK_PROFILES,
  type CheckProfile,
  type CheckReport,
  junitCheckReport,
  type KeptWire,
} from '@vcryptsim/kmip-check';
import { findTrouble } from '@vcryptsim/kmip-lite/text';
import { describe, expect, it } from 'vitest';
import { checked, START_MS } from './support/checked.js';

async function kept(
  flaws: Parameters<typeof checked>[0] = [],
): Promise<{ report: CheckReport; wires: Map<string, KeptWire> }> {
  const wires = new Map<string, KeptWire>();
  const { report } = await checked(flaws, () => ({
    hosts: 4,
    credential: { username: 'vSphere', password: new TextEncoder().encode('open sesame') },
    evidence: async (check, wire) => {
      wires.set(check, wire);
      return `wire/${check}.kmip`;
    },
  }));
  return { report, wires };
}

describe('evidence', () => {
  it('is each message of each check, readable, without key and password', async () => {
    const { report, wires } = await kept();
    const { messages } = wires.get('get-key') ?? { messages: [] };
    const text = messages.flatMap(({ lines }) => lines).join('\n');
    expect(text).toContain('Operation Enumeration Get');
    expect(text).toContain('KeyMaterial ByteString <redacted, 32 bytes>');
    expect(text).not.toContain('open sesame');
    for (const wire of wires.values()) {
      for (const { bytes, connection } of wire.messages) {
        expect(findTrouble(bytes)).toBeNull();
        expect(new TextDecoder('latin1').decode(bytes)).not.toContain('open sesame');
        expect(connection).toBeGreaterThan(0);
      }
    }
    expect(report.results.find(({ name }) => name === 'get-key')?.evidence).toBe('wire/get-key.kmip');
    expect(report.results.find(({ name }) => name === 'trust')?.evidence).toBeUndefined();
    expect(junitCheckReport(report)).toContain('messages: wire/get-key.kmip');
  });

  it('says of what is no KMIP only how much it was, and keeps a cut answer', async () => {
    const http = (await kept(['answers with HTTP'])).wires.get('discover-versions');
    expect(http?.messages.at(-1)).toMatchObject({ direction: 'to-client', lines: ['<47 bytes, no KMIP>'] });
    const cut = (await kept(['answers cut in half'])).wires.get('discover-versions');
    expect(cut?.messages.some(({ lines }) => lines[0]?.includes('more than there are'))).toBe(true);
  });
});

describe('a report', () => {
  it('says how long each operation took', async () => {
    const { report } = await kept();
    const get = report.latencies.find(({ operation }) => operation === 'Get');
    expect(get).toMatchObject({ medianMs: 0, slowestMs: 0 });
    expect(get?.count).toBeGreaterThan(10);
  });

  it.each(Object.entries(CHECK_PROFILES))('marks what is assumed of %s, in JUnit too', async (name, profile) => {
    const { report } = await checked([], () => ({ only: new Set(['tag-key']), profile }));
    expect(report.status).toBe('passed');
    expect(report.assumed.length).toBeGreaterThan(0);
    expect(report.assumed.every((fact) => fact.endsWith('[assumed].'))).toBe(true);
    expect(report.profile.includes('[assumed in part]')).toBe(name !== 'vcenter-7.0.3');
    expect(junitCheckReport(report).match(/<property name="assumed"/g)).toHaveLength(report.assumed.length);
  });

  it('warns of an old certificate as that vCenter does, in the words of its time', async () => {
    const toldBy = async (profile: CheckProfile) => {
      const certificates = { serverEndsMs: START_MS + 86_400_000 };
      const { report } = await checked(['General Failure for a missing key'], () => ({ profile }), certificates);
      const told = (name: string) => report.results.find((result) => result.name === name)?.vcenter;
      return [told('certificate-days'), told('missing-key')];
    };
    expect(await toldBy(CHECK_PROFILES['vcenter-6.5'])).toEqual([
      'says nothing before the certificate ends [assumed].',
      'says "Virtual machine is locked because of a KMS cluster error."',
    ]);
    expect(await toldBy(CHECK_PROFILES['vcenter-8.0'])).toEqual([
      'warns: "KMS Server Certificate will expire soon."',
      expect.stringContaining('key provider'),
    ]);
  });

  it('holds only the checks that were asked for, with those that they need', async () => {
    const { report } = await checked([], () => ({ only: new Set(['get-key', 'health-poll']) }));
    expect(report.results.map(({ name }) => name)).toEqual([
      'trust',
      'discover-versions',
      'create-key',
      'get-key',
      'health-poll',
    ]);
    expect(report).toMatchObject({ status: 'passed', keysLeft: [] });
  });
});
