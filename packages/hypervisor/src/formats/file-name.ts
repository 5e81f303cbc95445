/**
 * Says whether a name may stand in a VMX or descriptor: one file of the VM's own folder. Refused are `..`, anything
 * with a separator (so every absolute path), hidden names, control characters, and more than 200 bytes.
 */
export function isFileName(name: string): boolean {
  if (name === '' || name.startsWith('.') || new TextEncoder().encode(name).length > 200) return false;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return !/[\u0000-\u001f\u007f/\\"|]/.test(name) && name.trim() === name;
}

/** A file's name without its last ending: `web` of `web.vmx`. */
export function stemOf(name: string): string {
  return name.replace(/\.[^.]*$/, '');
}
