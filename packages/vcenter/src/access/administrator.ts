import type { UserName } from '../database/schema.js';

/** The user who exists from the installation on, with role Administrator on the root folder. */
export const ADMINISTRATOR = 'administrator@vsphere.local' as UserName;
