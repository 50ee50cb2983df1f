/** What was drawn before and after, so that every stroke can be taken back; quick strokes at one thing are one. */

export interface History<G> {
  past: G[];
  now: G;
  future: G[];
  /** What the last stroke was at, and when, in milliseconds. */
  last: { what: string | null; at: number };
}

const MOST = 100;
/** Letters typed within this time of one another are taken back together. */
const TOGETHER_MS = 1_200;

export const begin = <G>(now: G): History<G> => ({ past: [], now, future: [], last: { what: null, at: 0 } });

export function draw<G>(history: History<G>, next: G, what: string | null, at: number): History<G> {
  if (next === history.now) return history;
  const joins = what !== null && history.last.what === what && at - history.last.at < TOGETHER_MS;
  const past = joins ? history.past : [...history.past.slice(1 - MOST), history.now];
  return { past, now: next, future: [], last: { what, at } };
}

export function undo<G>(history: History<G>): History<G> {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return { past: history.past.slice(0, -1), now: before, future: [history.now, ...history.future], last: { what: null, at: 0 } };
}

export function redo<G>(history: History<G>): History<G> {
  const [next, ...future] = history.future;
  if (next === undefined) return history;
  return { past: [...history.past, history.now], now: next, future, last: { what: null, at: 0 } };
}
