/** The calculator's reading of the server's answer. Every figure of the loan is the server's: here they are only written out. */

const format = require('../../lib/format');
const { fill, texts } = require('../../texts/index');

const STEP_YUAN = 1000;

const t = texts('finance');

/**
 * What she typed as a down payment, in fen.
 *
 * @param {string} typed
 * @returns {number | null} null for anything but whole yuan
 */
function typedFen(typed) {
  const digits = typed.trim().replace(/[,，]/g, '');
  return /^\d{1,9}$/.test(digits) ? Number(digits) * 100 : null;
}

/**
 * The slider's ends and place, in thousands of yuan. Its left end stands for the plan's least, whatever that is to the yuan.
 *
 * @param {{price: number, least: number, down: number}} fen
 */
function slider({ price, least, down }) {
  const thousands = (/** @type {number} */ fen) => fen / 100 / STEP_YUAN;
  const min = Math.ceil(thousands(least));
  const max = Math.max(min + 1, Math.ceil(thousands(price)) - 1);
  return { min, max, value: down <= least ? min : Math.round(thousands(down)) };
}

/**
 * The down payment at a place of the slider, in fen.
 *
 * @param {number} value
 * @param {number} min the slider's left end
 * @param {number} least the plan's least down payment in fen
 */
function slidFen(value, min, least) {
  return value <= min ? least : value * STEP_YUAN * 100;
}

/** @param {any[]} plans `PlanOut` of the server */
function planRows(plans) {
  return plans.map((plan) => ({
    id: plan.id,
    name: plan.name,
    terms: fill(t.planTerms, { term: plan.term_months, rate: plan.annual_rate_percent, percent: plan.min_down_payment_percent }),
  }));
}

/** @param {any} loan `FinanceOut` of the server */
function present(loan) {
  const { yuan } = format;
  return {
    price: fill(t.car, { price: yuan(loan.price_fen) }),
    monthly: yuan(loan.monthly_fen),
    last: loan.last_instalment_fen === loan.monthly_fen ? '' : fill(t.last, { amount: yuan(loan.last_instalment_fen) }),
    rows: [
      { label: t.down, value: yuan(loan.down_payment_fen) },
      { label: t.principal, value: yuan(loan.principal_fen) },
      { label: t.term, value: fill(t.termValue, { term: loan.plan.term_months }) },
      { label: t.interest, value: yuan(loan.interest_fen) },
      { label: t.apr, value: `${loan.apr_percent}%` },
      { label: t.total, value: yuan(loan.total_fen) },
    ],
    disclaimer: loan.disclaimer,
    more: fill(t.scheduleMore, { term: loan.schedule.length }),
  };
}

/**
 * The instalments as a table of texts; without the sign of the yuan, so that five columns fit a phone.
 *
 * @param {any[]} schedule
 */
function table(schedule) {
  const plain = (/** @type {number} */ fen) => format.yuan(fen).slice(1);
  return schedule.map((one) => ({
    number: one.number,
    payment: plain(one.payment_fen),
    principal: plain(one.principal_fen),
    interest: plain(one.interest_fen),
    balance: plain(one.balance_fen),
  }));
}

module.exports = { planRows, present, slidFen, slider, table, typedFen };
