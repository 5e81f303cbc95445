/** What a piece of work took. */
export interface Spent {
  /** Processor time of all threads of the process. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

/** Runs `work`, at once or in time, and says what it took. */
export async function spent(work: () => unknown): Promise<Spent> {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await work();
  const wallSeconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds };
}
