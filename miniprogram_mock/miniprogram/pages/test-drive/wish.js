/** Her wish for a test drive in words, as the dealer's adviser reads it. */

const { fill } = require('../../texts/index');

/** The server takes no longer message to an adviser. */
const LONGEST = 200;

/**
 * What the adviser reads, never longer than the server takes.
 *
 * @param {{day: string, part: string, note: string}} wish keys of the texts' `days` and `parts`, and her own words
 * @param {any} t the page's texts
 */
function message({ day, part, note }, t) {
  const wished = fill(t.message, { day: t.days[day], part: t.parts[part] });
  const words = note.trim().replace(/\s+/g, ' ');
  return `${wished}${words && fill(t.messageNote, { note: words })}`.slice(0, LONGEST);
}

/**
 * How long her own words may be, whatever she chooses besides.
 *
 * @param {any} t the page's texts
 */
function longestNote(t) {
  const longest = (named) => Object.values(named).reduce((most, one) => Math.max(most, one.length), 0);
  const chosen = fill(t.message, { day: '', part: '' }).length + longest(t.days) + longest(t.parts);
  return LONGEST - chosen - fill(t.messageNote, { note: '' }).length;
}

/**
 * Her choice in short, to be shown to her: `周末 · 上午`.
 *
 * @param {{day: string, part: string}} wish
 * @param {any} t the page's texts
 */
function brief({ day, part }, t) {
  if (day === 'any' && part === 'any') return t.days.any;
  return [day !== 'any' && t.days[day], part !== 'any' && t.parts[part]].filter(Boolean).join(' · ');
}

module.exports = { brief, longestNote, message };
