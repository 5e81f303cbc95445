// What a key server promised by its answers, and whether it kept that. A change that was asked for and not answered
// leaves two states possible: the server may have made it durable before it died, or not. An answered one leaves one.

/** The state that a key does not come back from. */
const GONE = 'Destroyed';

/** Every key of which an answer told, and what became of it. */
export class History {
  #keys = new Map();
  /** Keys that were asked for since they were looked at last. */
  #touched = new Set();

  /** A Create was answered. */
  created(id) {
    this.#keys.set(id, { id, state: 'PreActive', asked: null, digest: null, missing: false });
    this.#touched.add(id);
  }

  /** A Get was answered. Answers false when these are other bytes than before. */
  got(id, digest) {
    const key = this.#keys.get(id);
    key.digest ??= digest;
    return key.digest === digest;
  }

  /** A change to another state is about to be asked for. */
  asked(id, state) {
    this.#keys.get(id).asked = state;
    this.#touched.add(id);
  }

  /** That change was answered. */
  answered(id) {
    const key = this.#keys.get(id);
    [key.state, key.asked] = [key.asked, null];
  }

  get size() {
    return this.#keys.size;
  }

  /** Keys that can go on with their lives, each with its state. */
  living() {
    const going = [...this.#keys.values()].filter(({ state, missing }) => state !== GONE && !missing);
    return going.map(({ id, state }) => ({ id, state }));
  }

  /** Keys that must be looked at after a restart: the living, and those that were asked for since the last look. */
  due() {
    return this.all().filter((id) => this.#touched.has(id) || this.#keys.get(id).state !== GONE);
  }

  all() {
    return [...this.#keys.keys()];
  }

  /**
   * Compares a key with what the server shows of it after a restart, and takes that as the truth from now on.
   *
   * @param shown.state name of its State, or null when the server knows no such key
   * @param shown.digest digest of its bytes, or null when Get is refused
   * @returns 'kept'; 'lost' when an answered key or change is not there, or the bytes are others; 'resurrected' when a
   *   destroyed key is back
   */
  look(id, shown) {
    const key = this.#keys.get(id);
    const verdict = judge(key, shown);
    if (shown.state !== null) key.state = shown.state;
    key.missing = shown.state === null;
    key.digest ??= shown.digest;
    key.asked = null;
    this.#touched.delete(id);
    return verdict;
  }
}

function judge({ state, asked, digest }, shown) {
  if (shown.state === GONE) {
    if (shown.digest !== null) return 'resurrected';
    return state === GONE || asked === GONE ? 'kept' : 'lost';
  }
  if (state === GONE) return shown.state === null && shown.digest === null ? 'lost' : 'resurrected';
  if (shown.state === null || shown.digest === null) return 'lost';
  if (digest !== null && shown.digest !== digest) return 'lost';
  return shown.state === state || shown.state === asked ? 'kept' : 'lost';
}
