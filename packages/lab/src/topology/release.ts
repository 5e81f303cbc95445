import type { EsxiVersion } from '@vcryptsim/hypervisor/api';
import type { VCenterVersion } from '@vcryptsim/vcenter';

/**
 * The releases that a world plays: one pair that VMware supports together. 7.0.3 is the internal number of vCenter 7.0U3;
 * its conversation with a key server and its texts are the ones on record. Choosing this pair is ours (row O1).
 */
export const RELEASE: { readonly vcenter: VCenterVersion; readonly esxi: EsxiVersion } = {
  vcenter: '7.0U3',
  esxi: '7.0U2',
};
