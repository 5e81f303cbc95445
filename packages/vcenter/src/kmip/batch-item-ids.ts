/**
 * Unique Batch Item IDs: ASCII `QLKC`, then the item's number, unsigned 32 bits, little endian (`514c4b4301000000`), as
 * the client library inside a real vCenter numbers them. Each message counts from 1 again: three Get Attributes on one
 * connection all carry 1, and the batch of three behind them carries 1 to 3 (the published log that facts/kmip.md part 2
 * cites, vmware-2.log).
 *
 * @returns the next ID; those that are drawn in one go belong to one message, as kmip-lite's client draws them
 */
export function batchItemIds(): () => Uint8Array {
  let number = 0;
  const nextMessage = () => {
    number = 0;
  };
  return () => {
    if (number === 0) queueMicrotask(nextMessage);
    number += 1;
    const id = new TextEncoder().encode('QLKC____');
    new DataView(id.buffer).setUint32(4, number, true);
    return id;
  };
}
