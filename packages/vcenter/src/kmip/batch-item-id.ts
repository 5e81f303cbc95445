/**
 * Unique Batch Item ID: ASCII `QLKC`, then the item's place in its message, unsigned 32 bits, little endian
 * (`514c4b4301000000`), as the client library inside a real vCenter numbers them. Each message counts from 1 again: three
 * Get Attributes on one connection all carry 1, and the batch of three behind them carries 1 to 3 (the published log
 * that facts/kmip.md part 2 cites, vmware-2.log).
 *
 * @param place from 1
 */
export function batchItemId(place: number): Uint8Array {
  const id = new TextEncoder().encode('QLKC____');
  new DataView(id.buffer).setUint32(4, place, true);
  return id;
}
