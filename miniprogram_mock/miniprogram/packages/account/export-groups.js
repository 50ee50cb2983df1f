/** Everything that the server holds about her, in groups that a person can read. */

const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');

const t = texts('privacy').export;
const fields = /** @type {Record<string, string>} */ (t.fields);
const eventNames = /** @type {Record<string, string>} */ (t.events);

/** @typedef {{label: string, text: string}} Line */
/** @typedef {{key: string, title: string, lines: (Line & {key: number})[], note: string}} Group */

/** How many events are shown; the copy has them all. */
const EVENTS = 50;

/**
 * @param {string} name
 * @param {any} value
 */
function valueOf(name, value) {
  if (value === null || value === undefined || value === '') return t.empty;
  if (typeof value === 'boolean') return value ? t.yes : t.no;
  return name === 'since' ? format.dateTime(value) : String(value);
}

/**
 * One line a field; fields without a word of ours keep their name, so that nothing is hidden.
 * @param {Record<string, any>} record
 */
const linesOf = (record) => Object.entries(record).map(([name, value]) => ({ label: fields[name] || name, text: valueOf(name, value) }));

/** @param {any} consent */
function consentLine(consent) {
  const words = /** @type {Record<string, {title: string}>} */ (texts('privacy').consents)[consent.purpose];
  const given = fill(t.consentGiven, { time: format.dateTime(consent.given_at), version: consent.text_version });
  const withdrawn = consent.withdrawn_at ? fill(t.consentWithdrawn, { time: format.dateTime(consent.withdrawn_at) }) : '';
  return { label: words ? words.title : consent.purpose, text: given + withdrawn };
}

/**
 * @param {any} exported the server's answer
 * @returns {Group[]}
 */
function groups(exported) {
  const events = exported.events.slice(0, EVENTS);
  const older = exported.events.length - events.length;
  /** @type {[keyof typeof t.groups, Line[]][]} */
  const parts = [
    ['customer', linesOf(exported.customer)],
    ['wechat', exported.wechat.flatMap(linesOf)],
    ['consents', exported.consents.map(consentLine)],
    ['events', events.map((/** @type {any} */ one) => ({ label: eventNames[one.name] || one.name, text: format.dateTime(one.at) }))],
  ];
  return parts.map(([key, lines]) => ({
    key,
    title: t.groups[key],
    lines: lines.map((line, index) => ({ key: index, ...line })),
    note: !lines.length ? t.none : key === 'events' && older > 0 ? fill(t.more, { count: older }) : '',
  }));
}

module.exports = { groups };
