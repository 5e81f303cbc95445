import type { AesMask } from './aes-mask.js';
import { type AesNiFinding, sameConfiguration, type XtsRow } from './report.js';

/** Puts the masked rows beside those that are not, inline ones only. */
export function findAesNi(rows: readonly XtsRow[], mask: AesMask): AesNiFinding {
  const beside = (row: XtsRow, engine: XtsRow['engine']): number | null =>
    rows.find((other) => sameConfiguration(other, { ...row, engine }))?.mbps ?? null;
  const found = rows.flatMap((row) => {
    const native = beside(row, 'native');
    if (row.engine !== 'native-no-aesni' || row.mbps === null || native === null) return [];
    const { unit, request, direction, mbps: masked } = row;
    const ratio = Math.round((native / masked) * 100) / 100;
    return [{ unit, request, direction, native, masked, portable: beside(row, 'portable'), ratio }];
  });
  return { ...mask, rows: mask.notMeasured === null ? found : [] };
}
