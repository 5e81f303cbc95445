/** How a key may be written down: raw, hex in both cases, and base64 at each of its three phases. */
export function formsOf(key: Uint8Array): Buffer[] {
  const raw = Buffer.from(key);
  const hex = raw.toString('hex');
  // Behind 0, 1 or 2 other bytes base64 looks different; the first and last characters then mix with the neighbours.
  const phases = [0, 1, 2].map((lead) =>
    Buffer.concat([Buffer.alloc(lead), raw])
      .toString('base64')
      .slice(4, 40),
  );
  return [raw, Buffer.from(hex), Buffer.from(hex.toUpperCase()), ...phases.map((text) => Buffer.from(text))];
}
