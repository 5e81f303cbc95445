// An operation to which its caller gave an ID: what happens in it is told under that ID, and nothing else is.
import { TappedNetwork } from '@vcryptsim/simkit';
import { ADMINISTRATOR, type VCenterEvent } from '@vcryptsim/vcenter';
import { createVm } from '@vcryptsim/vcenter/catalogue';
import { describe, expect, it } from 'vitest';
import { as } from './support/as-user.js';
import { ESX_1, Lab } from './support/lab.js';
import { encryptedVmOf } from './support/vm-request.js';

const idsOf = (events: readonly VCenterEvent[]) => new Set(events.map(({ operationId }) => operationId));

describe('an operation with an ID', () => {
  it('tells events and connections under it, beside another one with its own', async () => {
    await Lab.run([ESX_1], async (lab, first) => {
      await first.stop();
      const opened: (string | undefined)[] = [];
      const observer = {
        frame: () => {},
        opened: ({ onBehalfOf }: { readonly onBehalfOf?: string }) => void opened.push(onBehalfOf),
      };
      const vcenter = await lab.bootVCenter({ network: new TappedNetwork(lab.network, 'vcenter', observer) });
      lab.events.length = 0;
      const make = (name: string, id: string) => {
        const { host, ...vm } = encryptedVmOf(name, ESX_1);
        const args = { ...vm, host: as(vcenter).host(host) };
        return vcenter.login(ADMINISTRATOR, 'api', id).run(createVm, as(vcenter).vmFolder, args);
      };
      const tasks = await Promise.all([make('a', 'op-a'), make('b', 'op-b')]);
      expect(tasks.map(({ state }) => state)).toEqual(['success', 'success']);
      expect(idsOf(lab.events)).toEqual(new Set(['op-a', 'op-b']));
      for (const [index, id] of ['op-a', 'op-b'].entries()) {
        const own = lab.events.filter(({ operationId }) => operationId === id);
        const started = own.flatMap((event) => (event.type === 'TASK_STARTED' ? event.task : []));
        expect(started).toEqual([tasks[index]?.id]);
        expect(own.filter(({ type }) => type === 'VM_ADDED')).toHaveLength(1);
        const steps = own.filter(({ type }) => type === 'KMS_STEP_DONE').length;
        expect(steps).toBeGreaterThan(2);
        expect(opened.filter((each) => each === id)).toHaveLength(steps);
      }
      expect(new Set(opened)).toEqual(new Set(['op-a', 'op-b']));
      await vcenter.stop();
    });
  });

  it('is none where nobody gave one', async () => {
    await Lab.run([ESX_1], async (lab, vcenter) => {
      await lab.encryptedVm(vcenter);
      expect(lab.events.some((event) => 'operationId' in event)).toBe(false);
      expect(lab.events.length).toBeGreaterThan(5);
    });
  });
});
