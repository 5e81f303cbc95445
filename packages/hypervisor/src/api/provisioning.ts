/** How the extent of a disk comes into being (VirtualDiskType of the vSphere API, without `preallocated`). */
export type Provisioning = 'eagerZeroedThick' | 'lazyZeroedThick' | 'thin';
