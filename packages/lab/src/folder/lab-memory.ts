import { FileError, type FileSystem, readWhole, replaceFile } from '@vcryptsim/ports';
import { z } from 'zod';
import { LabError } from '../errors/lab-error.js';
import type { Incarnations } from './incarnations.js';

/*
 * `lab.json` in a lab's folder: what the lab must know before it boots, and no file of its machines says.
 *
 *   {"format":"vcryptsim lab 1","name":"two hosts","seed":42,"clock":"virtual","wire":"tls","engine":"auto",
 *    "isSetUp":true,"nowMs":1767600183000,"incarnations":{"esx-1":2,"kms":1,"vcenter":1}}
 *
 * `isSetUp` is false while the lab is set up for the first time: what a cut leaves then is thrown away and made again.
 * `nowMs` is the lab's time when it last rested. An incarnation is counted here before that boot begins.
 */
const FORMAT = 'vcryptsim lab 1';
const BYTES_MAX = 1024 * 1024;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const schema = z.strictObject({
  format: z.literal(FORMAT),
  name: z.string(),
  seed: count,
  clock: z.enum(['virtual', 'real']),
  wire: z.enum(['tls', 'memory']),
  engine: z.enum(['auto', 'native', 'portable']),
  isSetUp: z.boolean(),
  nowMs: count.nullable(),
  incarnations: z.record(z.string(), count),
});
type Content = z.output<typeof schema>;

/** How a lab was set up. It stays so for the lab's whole life. */
export type LabSetup = Pick<Content, 'name' | 'seed' | 'clock' | 'wire' | 'engine'>;

/** The small file by which a lab remembers what it is. Each change is durable before it is answered. */
export class LabMemory implements Incarnations {
  readonly #files: FileSystem;
  readonly #path: string;
  #content: Content;
  /** Changes, one after the other: hosts boot side by side. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(files: FileSystem, path: string, content: Content) {
    this.#files = files;
    this.#path = path;
    this.#content = content;
  }

  /** Reads the file, or answers null where there is none. @throws LabError LAB_DAMAGED; FileError */
  static async read(files: FileSystem, path: string): Promise<LabMemory | null> {
    try {
      const text = new TextDecoder().decode(await readWhole(files, path, BYTES_MAX));
      return new LabMemory(files, path, schema.parse(JSON.parse(text)));
    } catch (error) {
      if (error instanceof FileError && error.code === 'NOT_FOUND') return null;
      if (error instanceof FileError && error.code !== 'TOO_LARGE') throw error;
      throw new LabError(
        'LAB_DAMAGED',
        `${path} is not the file of a lab of this version. Restore it, or take a new folder.`,
      );
    }
  }

  /** Makes the file for a lab that is about to be set up. @throws FileError */
  static async make(files: FileSystem, path: string, setup: LabSetup): Promise<LabMemory> {
    const { name, seed, clock, wire, engine } = setup;
    const memory = new LabMemory(files, path, {
      ...{ format: FORMAT, name, seed, clock, wire, engine, isSetUp: false, nowMs: null, incarnations: {} },
    });
    await memory.#change({});
    return memory;
  }

  get setup(): LabSetup {
    return this.#content;
  }

  get isSetUp(): boolean {
    return this.#content.isSetUp;
  }

  /** The lab's time when it last rested, in milliseconds since 1970; null before that. */
  get nowMs(): number | null {
    return this.#content.nowMs;
  }

  async next(actor: string): Promise<number> {
    const counted = (this.#content.incarnations[actor] ?? 0) + 1;
    await this.#change({ incarnations: { ...this.#content.incarnations, [actor]: counted } });
    return counted;
  }

  /** Takes note that all of the lab is set up and at rest. @throws FileError */
  rests(nowMs: number): Promise<void> {
    return this.#change({ isSetUp: true, nowMs });
  }

  #change(change: Partial<Content>): Promise<void> {
    this.#content = { ...this.#content, ...change };
    const text = `${JSON.stringify(this.#content, null, 2)}\n`;
    const written = this.#last.then(() => replaceFile(this.#files, this.#path, new TextEncoder().encode(text)));
    this.#last = written.catch(() => {});
    return written;
  }
}
