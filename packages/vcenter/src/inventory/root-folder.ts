import { moRef } from '@vcryptsim/ports';

/** The root folder of every vCenter, in which all paths end. */
export const ROOT_FOLDER = moRef('Folder', 1, 'group-d');
