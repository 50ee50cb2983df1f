/** Her wish for a test drive in words, as the dealer's adviser reads it. */

const { fill, texts } = require('../../texts/index');

/** The server takes no longer message to an adviser. */
const LONGEST = 200;

const t = texts('testdrive');

/** @typedef {{day: keyof typeof t.days, part: keyof typeof t.parts, note: string}} Wish when it would suit her, and her own words */

/**
 * What the adviser reads, never longer than the server takes.
 *
 * @param {Wish} wish
 */
function message({ day, part, note }) {
  const wished = fill(t.message, { day: t.days[day], part: t.parts[part] });
  const words = note.trim().replace(/\s+/g, ' ');
  return `${wished}${words && fill(t.messageNote, { note: words })}`.slice(0, LONGEST);
}

/** How long her own words may be, whatever she chooses besides. */
function longestNote() {
  const longest = (/** @type {Record<string, string>} */ named) => Object.values(named).reduce((most, one) => Math.max(most, one.length), 0);
  const chosen = fill(t.message, { day: '', part: '' }).length + longest(t.days) + longest(t.parts);
  return LONGEST - chosen - fill(t.messageNote, { note: '' }).length;
}

/**
 * Her choice in short, to be shown to her: `周末 · 上午`.
 *
 * @param {Pick<Wish, 'day' | 'part'>} wish
 */
function brief({ day, part }) {
  if (day === 'any' && part === 'any') return t.days.any;
  return [day !== 'any' && t.days[day], part !== 'any' && t.parts[part]].filter(Boolean).join(' · ');
}

module.exports = { brief, longestNote, message };
