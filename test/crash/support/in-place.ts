/**
 * A disk of three windows, the last one not whole, on a medium with room for windows of 64 KiB and no larger ones: the smallest
 * that a rewrite in place makes (hypervisor/src/vm-home/change/in-place/change-in-place.ts).
 */
export const IN_PLACE = { disks: [{ sizeBytes: 136 * 1024 }], freeBytes: (128 + 8 + 2 * 64 + 8) * 1024 } as const;
