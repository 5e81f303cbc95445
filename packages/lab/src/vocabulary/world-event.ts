import type { HostEvent } from '@vcryptsim/hypervisor';
import type { KmsEvent } from '@vcryptsim/kms';
import type { VCenterEvent } from '@vcryptsim/vcenter';

/** What a run itself does to the world. */
export type RunEvent =
  | { readonly type: 'STEP_BEGAN'; readonly step: number; readonly verb: string }
  | { readonly type: 'STEP_ENDED'; readonly step: number; readonly errorCode: string | null }
  | { readonly type: 'FAULT_SET'; readonly server: string; readonly fault: string }
  | { readonly type: 'FAULT_CLEARED'; readonly server: string }
  | { readonly type: 'HOST_POWER_CUT'; readonly host: string }
  | { readonly type: 'SITE_POWER_CUT' };

/** The sum of all event types: what an entry of a run's log can hold. */
export type WorldEvent = RunEvent | KmsEvent | HostEvent | VCenterEvent;
