/**
 * Unique Batch Item IDs of one connection: ASCII `QLKC`, then a counter from 1, unsigned 32 bits, little endian
 * (`514c4b4301000000`), as the client library inside a real vCenter numbers them (facts/kmip.md part 2, "Library").
 */
export function batchItemIds(): () => Uint8Array {
  let counter = 0;
  return () => {
    const id = new TextEncoder().encode('QLKC____');
    counter += 1;
    new DataView(id.buffer).setUint32(4, counter, true);
    return id;
  };
}
