/** Prints what a test counted at n and 2n: `COUNTED file opens: 200 at 100 VMs, 400 at 200`. Answers the ratio. */
export function counted(what: string, small: readonly [number, string], large: readonly [number, string]): number {
  process.stderr.write(`COUNTED ${what}: ${small[0]} at ${small[1]}, ${large[0]} at ${large[1]}\n`);
  return large[0] / small[0];
}
