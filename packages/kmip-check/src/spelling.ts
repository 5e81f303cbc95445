/** A name as the KMIP specification writes it: `GetAttributes` becomes `Get Attributes`. */
export function spelled(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ');
}
