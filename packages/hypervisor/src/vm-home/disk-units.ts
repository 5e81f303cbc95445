/** Device key of unit 0 of the first SCSI controller, as vSphere numbers disks. */
const FIRST_DEVICE_KEY = 2000;

/** Units of `scsi0` that take a disk; 7 is the controller's own. */
export const DISK_UNITS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** Device key of the disk at `scsi0:unit`. */
export function deviceKeyOf(unit: number): number {
  return FIRST_DEVICE_KEY + unit;
}

/** Unit of the disk with that device key. */
export function diskUnitOf(deviceKey: number): number {
  return deviceKey - FIRST_DEVICE_KEY;
}
