// All machines lose power at once: everything comes back from its folder, and nothing from memory.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { run, temporaryFolder, troubles } from './support/run.js';

const SCENARIO = `name: power
about: the whole site goes dark
lab:
  kms: { provider: corp-kms, nodes: [kms-1] }
  hosts: [esx-1]
  vms: { web: { host: esx-1, disk: 64KiB } }
steps:
  - vm.create: web
  - vm.power-on: web
  - vm.write: { vm: web, lba: 3, text: what was written before the cut }
  - fault.kms: { nodes: kms-1, mode: refuse }
  - site.power-cut: all
    expect:
      event: { source: esx-1, type: VM_LOCKED }
  - until: { vm.web.state: unlocked, within: 1m }
  - vm.read: { vm: web, lba: 3 }
    expect: { error: INVALID_POWER_STATE }
  - vm.power-on: web
  - vm.read: { vm: web, lba: 3 }
    expect: { text: what was written before the cut }
  - vm.digest: web
`;

it('a power cut of the site leaves every VM off and its data whole; faults are over', async () => {
  const path = join(temporaryFolder(), 'power.yaml');
  writeFileSync(path, SCENARIO);
  const result = await run(path);
  expect(troubles(result)).toEqual([]);
  expect(result.status).toBe('passed');
});
