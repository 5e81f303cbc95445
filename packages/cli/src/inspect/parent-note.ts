import { HypervisorError } from '@vcryptsim/hypervisor/api';
import { decodeText, isFileName, readDescriptor } from '@vcryptsim/hypervisor/formats';
import type { ReadBeside } from './describe-data.js';

const NO_PARENT = /^f{1,8}$/i;

/**
 * What there is to say of the parent of a disk that is a child: where it is, and whether it is still the one that the
 * child was made of, by its content ID (facts/vsphere-formats.md Q2). Nothing for a disk without a parent.
 *
 * @param text the child's descriptor, which parses
 */
export async function parentNote(text: string, file: string, beside: ReadBeside | null): Promise<string[]> {
  const { header } = readDescriptor(text, file);
  const wanted = header.get('parentcid') ?? 'ffffffff';
  if (NO_PARENT.test(wanted)) return [];
  const hint = header.get('parentfilenamehint') ?? 'a disk that it does not name';
  const child = `It is a child of ${hint}: what it lacks is read there.`;
  const bytes = isFileName(hint) ? await beside?.(hint) : null;
  if (bytes === null || bytes === undefined) return [`${child} That was not found beside it.`];
  try {
    const found = readDescriptor(decodeText(bytes, hint), hint).header.get('cid') ?? 'none';
    if (Number.parseInt(found, 16) === Number.parseInt(wanted, 16)) return [child];
    return [
      `${child} Its content ID is ${found} now, and was ${wanted} when the child was made: it was written since, and the chain does not open.`,
    ];
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return [`${child} That could not be read: ${error.message}`];
  }
}
