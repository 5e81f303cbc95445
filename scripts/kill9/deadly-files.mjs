import { ForwardingFileSystem } from '@vcryptsim/simkit';

const HANDLE_CALLS = ['pread', 'pwrite', 'truncate', 'fsync', 'sizeBytes', 'close'];
const CALLS = ['open', 'rename', 'link', 'unlink', 'mkdir', 'rmdir', 'readdir', 'lstat', 'statfs', 'fsyncFolder'];

/** Real files on which the process dies by SIGKILL before a call of its own, once that was armed. */
export class DeadlyFiles extends ForwardingFileSystem {
  /** Calls until death; null for never. */
  left = null;

  constructor(inner) {
    super(inner);
    for (const call of CALLS) {
      const go = super[call].bind(this);
      this[call] = async (...args) => {
        this.#step();
        const result = await go(...args);
        return call === 'open' ? this.#deadly(result) : result;
      };
    }
  }

  #deadly(handle) {
    const call =
      (name) =>
      (...args) => {
        this.#step();
        return handle[name](...args);
      };
    return Object.fromEntries(HANDLE_CALLS.map((name) => [name, call(name)]));
  }

  #step() {
    if (this.left === null) return;
    this.left -= 1;
    if (this.left <= 0) process.kill(process.pid, 'SIGKILL');
  }
}
