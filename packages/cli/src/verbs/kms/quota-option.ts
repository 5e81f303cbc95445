import { QUOTA_NAMES, type Quotas } from '@vcryptsim/kms';
import { CliError, EXIT } from '../../exit.js';

/**
 * Reads `objects=5000`.
 *
 * @throws CliError badInput for another name or number
 */
export function parseQuota(text: string): Partial<Quotas> {
  const [, name, number] = /^([a-z]+)=(\d{1,15})$/.exec(text) ?? [];
  const known = QUOTA_NAMES.find((one) => one === name);
  if (known !== undefined && Number(number) > 0) return { [known]: Number(number) };
  const next = `Give one of ${QUOTA_NAMES.join(', ')} and a number above 0: --quota objects=5000`;
  throw new CliError(EXIT.badInput, `--quota ${JSON.stringify(text)} is no quota.`, next);
}
