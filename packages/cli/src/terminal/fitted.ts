import { textWidth, wrap, wrapCommand } from '@vcryptsim/scenario-engine/layout';

/** Lines for a terminal of `width` columns: sentences are broken at spaces, commands so that a shell still reads them. */
export function fitted(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (textWidth(line) <= width) return [line];
      const indent = /^ */.exec(line)?.[0] ?? '';
      const isCommand = /^ *(?:vcryptsim|npx|xxd|openssl|qemu-img) /.test(line);
      return isCommand ? wrapCommand(line.trim().split(' '), indent, width) : wrap(line, indent, width);
    })
    .join('\n');
}
