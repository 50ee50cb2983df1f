/** What she agrees to when she pays: the terms of the car's dealer in plain words, and what has to stand out in them. */

const deposit = require('../../lib/deposit');
const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');

/** @typedef {keyof ReturnType<typeof texts<'reserve'>>['confirm']['facts']} Fact */

/**
 * Which of the facts hold under these terms, the most urgent first.
 * @param {any} terms
 * @returns {Fact[]}
 */
function factsOf(terms) {
  const isKept = deposit.isKept(terms);
  return /** @type {Fact[]} */ ([
    'pay',
    'hold',
    terms.extension_hours ? 'extension' : '',
    ...(isKept ? ['keep'] : ['refund', 'end']),
    deposit.isEarnest(terms) ? 'dealer' : '',
    terms.payee_name ? 'payee' : '',
  ].filter(Boolean));
}

/**
 * What has to be said apart and agreed to apart: that it is 定金, and what that means. Null for money that always comes back.
 * @param {any} terms
 * @param {{amount: string}} words
 */
function earnestOf(terms, words) {
  if (!deposit.isEarnest(terms)) return null;
  const t = texts('reserve').confirm.earnest;
  return { heading: t.heading, text: fill(deposit.isKept(terms) ? t.forfeit : t.full, words), tick: fill(t.tick, words) };
}

/** @param {any} terms as the server tells them */
function termsView(terms) {
  const t = texts('reserve').confirm;
  const words = { deposit: deposit.word(terms), amount: format.yuan(terms.amount_fen), version: terms.version };
  const facts = { ...words, minutes: terms.pay_minutes, hours: terms.hold_hours, extension: terms.extension_hours, payee: terms.payee_name };
  return {
    ...words,
    text: terms.text,
    nature: /** @type {Record<string, string>} */ (t.nature)[deposit.isKept(terms) ? 'forfeit' : terms.deposit_type],
    isKept: deposit.isKept(terms),
    link: fill(t.terms.link, words),
    heading: fill(t.terms.heading, words),
    versionText: fill(t.terms.version, words),
    tick: fill(t.terms.tick, words),
    missing: fill(t.terms.missing, words),
    changed: fill(t.terms.changed, words),
    submit: fill(t.submit, words),
    facts: factsOf(terms).map((key) => ({ key, label: t.facts[key].label, text: fill(t.facts[key].text, facts) })),
    earnest: earnestOf(terms, words),
  };
}

module.exports = { termsView };
