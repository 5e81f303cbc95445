/** Where a running key server's administrator finds it. */
export function adminSocketPath(folder: string): string {
  return `${folder}/admin.sock`;
}
