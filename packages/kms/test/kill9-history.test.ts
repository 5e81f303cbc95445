// The checker of the kill test, fed with histories that a server must not show.
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';

interface Shown {
  readonly state: string | null;
  readonly digest: string | null;
}

interface History {
  created(id: string): void;
  got(id: string, digest: string): boolean;
  asked(id: string, state: string): void;
  answered(id: string): void;
  living(): { id: string; state: string }[];
  due(): string[];
  all(): string[];
  look(id: string, shown: Shown): 'kept' | 'lost' | 'resurrected';
}

const { History }: { History: new () => History } = await import(
  fileURLToPath(new URL('../scripts/kill9-history.mjs', import.meta.url))
);

let history: History;
beforeEach(() => {
  history = new History();
});

/** A key that was made, read and moved to each state in turn; the last change has no answer when `open` is set. */
function live(states: readonly string[], o: { open?: boolean } = {}): void {
  history.created('k');
  history.got('k', 'bytes');
  for (const [at, state] of states.entries()) {
    history.asked('k', state);
    if (at < states.length - 1 || !o.open) history.answered('k');
  }
}

const NOTHING: Shown = { state: null, digest: null };
const living = (state: string, digest = 'bytes'): Shown => ({ state, digest });
const destroyed: Shown = { state: 'Destroyed', digest: null };

describe('the history of the kill test', () => {
  it.each<[string, readonly string[], Shown, string]>([
    ['an answered key is there', [], living('PreActive'), 'kept'],
    ['an answered key is not there', [], NOTHING, 'lost'],
    ['an answered key has other bytes', [], living('PreActive', 'others'), 'lost'],
    ['an answered key is there without its bytes', [], { state: 'PreActive', digest: null }, 'lost'],
    ['an answered activation is forgotten', ['Active'], living('PreActive'), 'lost'],
    ['a state that nobody asked for', ['Active'], living('Deactivated'), 'lost'],
    ['a living key is destroyed by nobody', ['Active'], destroyed, 'lost'],
    ['a destroyed key stays destroyed', ['Destroyed'], destroyed, 'kept'],
    ['a destroyed key is in its old state again', ['Destroyed'], living('PreActive'), 'resurrected'],
    ['a destroyed key hands out its bytes again', ['Destroyed'], living('Destroyed'), 'resurrected'],
    ['a destroyed key has lost its attributes', ['Destroyed'], NOTHING, 'lost'],
  ])('%s', (_name, states, shown, verdict) => {
    live(states);
    expect(history.look('k', shown)).toBe(verdict);
  });

  it.each<[Shown, string]>([
    [living('Active'), 'kept'],
    [living('Deactivated'), 'kept'],
    [living('PreActive'), 'lost'],
    [destroyed, 'lost'],
  ])('lets a change without an answer be done or not, and nothing else: %o', (shown, verdict) => {
    live(['Active', 'Deactivated'], { open: true });
    expect(history.look('k', shown)).toBe(verdict);
  });

  it('holds the server to what it showed after a restart', () => {
    live(['Destroyed'], { open: true });
    expect(history.look('k', destroyed)).toBe('kept');
    expect(history.look('k', living('PreActive'))).toBe('resurrected');
    history.created('unread');
    expect(history.look('unread', living('PreActive', 'first'))).toBe('kept');
    expect(history.look('unread', living('PreActive', 'second'))).toBe('lost');
  });

  it('notices other bytes while the server lives', () => {
    live([]);
    expect([history.got('k', 'bytes'), history.got('k', 'others')]).toEqual([true, false]);
  });

  it('looks at the living and the touched after each restart, and at all in the end', () => {
    live(['Destroyed']);
    history.created('other');
    expect(history.due()).toEqual(['k', 'other']);
    history.look('k', destroyed);
    history.look('other', living('PreActive'));
    expect(history.due()).toEqual(['other']);
    expect(history.all()).toEqual(['k', 'other']);
    expect(history.living()).toEqual([{ id: 'other', state: 'PreActive' }]);
  });
});
