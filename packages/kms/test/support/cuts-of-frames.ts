/** Where a frame of a journal is cut besides the borders of sectors: inside its head, around its end, and in its middle. */
export function cutsOfFrames(lengthBytes: number): readonly number[] {
  return [1, 5, 16, 47, 48, 49, lengthBytes >> 1, lengthBytes - 1];
}
