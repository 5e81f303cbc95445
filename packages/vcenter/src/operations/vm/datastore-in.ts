/** The name of the datastore in `[datastore] folder/name.vmx`. */
export function datastoreIn(path: string): string {
  return /^\[([^\]]+)\]/.exec(path)?.[1] ?? '';
}
