import { assert } from '@vcryptsim/ports';

/** Blocks that are remembered at most: 8 Mi of 4 KiB are 32 GiB of data, at 8 bytes each 64 MiB of memory. */
export const HASHES_MAX = 8 * 1024 * 1024;
const FIRST_ROOM = 1024;

/**
 * Hashes of the blocks of several disks, in bounded memory. A hash is a whole number below 2^52. When there are more
 * than fit, only every second hash value is kept from then on, in all disks alike, then every fourth and so on: two
 * disks are still compared by the same values, and shares stay what they are, as estimates.
 */
export class BlockHashes {
  readonly #max: number;
  readonly #disks: HashList[] = [];
  #kept = 0;
  #oneIn = 1;
  #isSealed = false;

  constructor(max = HASHES_MAX) {
    this.#max = max;
  }

  /** One in so many hash values is kept; 1 until the limit is reached. */
  get oneIn(): number {
    return this.#oneIn;
  }

  /** Hashes that are kept. */
  get kept(): number {
    return this.#kept;
  }

  /** Begins a disk; answers its number, from 0. */
  addDisk(): number {
    return this.#disks.push(new HashList()) - 1;
  }

  /** Takes the hash of one block of a disk. */
  add(disk: number, hash: number): void {
    assert(!this.#isSealed, 'a hash came after the disks were compared');
    if (hash % this.#oneIn !== 0) return;
    this.#listOf(disk).push(hash);
    this.#kept += 1;
    while (this.#kept > this.#max) this.#thin();
  }

  /** The hashes of a disk in ascending order, repeated ones as often as they came. Nothing is added afterwards. */
  sorted(disk: number): Float64Array {
    this.#isSealed = true;
    return this.#listOf(disk).sorted();
  }

  #thin(): void {
    this.#oneIn *= 2;
    this.#kept = 0;
    for (const list of this.#disks) this.#kept += list.keepMultiples(this.#oneIn);
  }

  #listOf(disk: number): HashList {
    const list = this.#disks[disk];
    assert(list !== undefined, `there is no disk ${disk}`);
    return list;
  }
}

/** Numbers in an array that grows. */
class HashList {
  #values = new Float64Array(FIRST_ROOM);
  #length = 0;
  #isSorted = false;

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(2 * this.#length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  keepMultiples(divisor: number): number {
    const kept = this.#values.subarray(0, this.#length).filter((value) => value % divisor === 0);
    this.#length = kept.length;
    const room = Math.max(FIRST_ROOM, kept.length);
    this.#values = new Float64Array(room);
    this.#values.set(kept);
    return kept.length;
  }

  sorted(): Float64Array {
    const values = this.#values.subarray(0, this.#length);
    if (!this.#isSorted) values.sort();
    this.#isSorted = true;
    return values;
  }
}

/** How many different values there are in sorted ones. */
export function countDistinct(sorted: Float64Array): number {
  let count = 0;
  for (let at = 0; at < sorted.length; at += 1) if (at === 0 || sorted[at] !== sorted[at - 1]) count += 1;
  return count;
}

/** How many of both, repeated ones included, have a value that the other has too. Both sorted; one pass over each. */
export function countShared(a: Float64Array, b: Float64Array): number {
  let count = 0;
  let atA = 0;
  let atB = 0;
  while (atA < a.length && atB < b.length) {
    const valueA = a[atA] ?? 0;
    const valueB = b[atB] ?? 0;
    if (valueA < valueB) atA += 1;
    else if (valueB < valueA) atB += 1;
    else {
      for (; atA < a.length && a[atA] === valueA; atA += 1) count += 1;
      for (; atB < b.length && b[atB] === valueA; atB += 1) count += 1;
    }
  }
  return count;
}
