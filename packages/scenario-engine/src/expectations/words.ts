/** A list for people: `a`, `a, b`, or `none`. */
export function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
