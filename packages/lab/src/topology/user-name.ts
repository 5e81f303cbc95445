import type { UserName } from '@vcryptsim/vcenter';
import { z } from 'zod';

/** The domain of a user whose name has none. */
const DOMAIN = 'vsphere.local';

/** A user as people write it, `alice` or `alice@vsphere.local`, in the form in which it logs in. */
export const userNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}(@[A-Za-z0-9][A-Za-z0-9.-]{0,62})?$/,
    'a user is a name as alice or alice@vsphere.local',
  )
  .transform(userNameOf) as unknown as z.ZodType<UserName>;

/** The name under which a user logs in: one without a domain is of vsphere.local; upper case means the same as lower. */
export function userNameOf(text: string): UserName {
  const name = text.toLowerCase();
  return (name.includes('@') ? name : `${name}@${DOMAIN}`) as UserName;
}
