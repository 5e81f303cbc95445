/** Where the terminal does not say and COLUMNS is not set: what most files and CI logs are read with. */
const DEFAULT_COLUMNS = 80;
/** Narrower than this no table and no path is readable. */
const COLUMNS_MIN = 40;
/** Sentences in longer lines are hard to read. */
const COLUMNS_MAX = 120;

/**
 * Columns to lay text out for: those of the terminal, else those that COLUMNS says, else 80; at least 40, at most 120.
 *
 * @param stream where the text goes; normally standard output
 * @param columns the environment's COLUMNS
 */
export function terminalWidth(
  stream: { readonly columns?: number } = process.stdout,
  columns: string | undefined = process.env.COLUMNS,
): number {
  const wanted = stream.columns ?? (/^\d{1,5}$/.test(columns ?? '') ? Number(columns) : DEFAULT_COLUMNS);
  return Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, wanted));
}
