/** What the server suggests, as rows with what she typed already set apart; no WeChat in here. */

const format = require('../../lib/format');
const { texts, fill } = require('../../texts/index');

/**
 * @param {{kind: string, text: string, filters: Record<string, any>, count: number}[]} items of the server
 * @param {string} q
 */
function rows(items, q) {
  const t = texts('search');
  return items.map(({ kind, text, filters, count }) => ({
    text,
    parts: parts(text, q),
    hint: kind === 'correction' ? t.corrected : '',
    count: fill(t.count, { count: format.count(count) }),
    filters,
  }));
}

/**
 * A text around the first place where it says what she typed.
 * @param {string} text
 * @param {string} q
 */
function parts(text, q) {
  const at = q ? text.toLowerCase().indexOf(q.toLowerCase()) : -1;
  if (at < 0) return [text, '', ''];
  return [text.slice(0, at), text.slice(at, at + q.length), text.slice(at + q.length)];
}

module.exports = { rows };
