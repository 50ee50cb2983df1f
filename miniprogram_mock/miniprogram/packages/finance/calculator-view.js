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
 * The slider's ends and place, in thousands of yuan. Its ends stand for the plan's least and most, whatever those are to the yuan.
 *
 * @param {{least: number, most: number, down: number}} fen
 */
function slider({ least, most, down }) {
  const thousands = (/** @type {number} */ fen) => fen / 100 / STEP_YUAN;
  const min = Math.ceil(thousands(least));
  const max = Math.max(min + 1, Math.ceil(thousands(most)));
  return { min, max, value: down <= least ? min : down >= most ? max : Math.round(thousands(down)) };
}

/**
 * The down payment at a place of the slider, in fen.
 *
 * @param {number} value
 * @param {{min: number, max: number}} ends of the slider
 * @param {{least: number, most: number}} fen the plan's bounds
 */
function slidFen(value, { min, max }, { least, most }) {
  if (value <= min) return least;
  return value >= max ? most : value * STEP_YUAN * 100;
}

/**
 * The kinds of plan that are for this car, each once, in the server's order.
 *
 * @param {any[]} plans `PlanOut` of the server
 * @returns {{key: string, label: string}[]}
 */
function kinds(plans) {
  return [...new Map(plans.map(({ kind }) => [kind.key, kind])).values()];
}

/**
 * The plans of one kind.
 *
 * @param {any[]} plans `PlanOut` of the server
 * @param {string} kind
 */
function planRows(plans, kind) {
  return plans.filter((plan) => plan.kind.key === kind).map((plan) => {
    const { term_months: term, annual_rate_percent: rate, final_percent: final, fee_percent: fee, valid_until: until } = plan;
    const months = fill(t.terms.term, { term });
    const parts = [
      // Most plans bear their months in their names.
      plan.name.includes(months) ? '' : months,
      rate ? fill(t.terms.rate, { rate }) : t.terms.free,
      fill(t.terms.down, { percent: plan.min_down_payment_percent }),
      final && fill(kind === 'lease' ? t.terms.residual : t.terms.balloon, { percent: final }),
      fee && fill(t.terms.fee, { percent: fee }),
      until && fill(t.terms.until, { date: until }),
    ];
    // A line ends between two terms, never within one.
    const terms = parts.filter(Boolean).map((part) => part.replace(/ /g, '\u00a0')).join(' · ');
    return { id: plan.id, name: plan.name, terms, monthly: fill(t.terms.monthly, { amount: format.yuan(plan.monthly_fen) }) };
  });
}

/** @param {any} loan `FinanceOut` of the server */
function present(loan) {
  const { yuan } = format;
  const isLease = loan.plan.kind.key === 'lease';
  const only = (/** @type {string} */ label, /** @type {number} */ fen) => (fen ? [{ label, value: yuan(fen) }] : []);
  return {
    price: fill(t.car, { price: yuan(loan.price_fen) }),
    monthly: yuan(loan.monthly_fen),
    last: loan.last_instalment_fen === loan.monthly_fen ? '' : fill(t.last, { amount: yuan(loan.last_instalment_fen) }),
    rows: [
      { label: isLease ? t.leaseDown : t.down, value: yuan(loan.down_payment_fen) },
      { label: isLease ? t.leased : t.principal, value: yuan(loan.principal_fen) },
      { label: isLease ? t.leaseTerm : t.term, value: fill(t.termValue, { term: loan.plan.term_months }) },
      ...only(isLease ? t.residual : t.balloon, loan.final_fen),
      ...only(t.fee, loan.fee_fen),
      { label: isLease ? t.rentCost : t.interest, value: yuan(loan.interest_fen) },
      ...only(t.subsidy, loan.subsidy_fen),
      { label: t.apr, value: `${loan.apr_percent}%` },
      { label: isLease ? t.leaseTotal : t.total, value: yuan(loan.total_fen) },
    ],
    note: loan.note || '',
    disclaimer: loan.disclaimer,
    more: fill(t.scheduleMore, { term: loan.schedule.length }),
  };
}

/**
 * The instalments as a table of texts, fen always shown, so that figures stand under each other; without the sign of the yuan, so that
 * five columns fit a phone.
 *
 * @param {any[]} schedule
 */
function table(schedule) {
  const plain = (/** @type {number} */ fen) => `${format.count(Math.floor(fen / 100))}.${String(fen % 100).padStart(2, '0')}`;
  return schedule.map((one) => ({
    number: one.number,
    payment: plain(one.payment_fen),
    principal: plain(one.principal_fen),
    interest: plain(one.interest_fen),
    balance: plain(one.balance_fen),
  }));
}

module.exports = { kinds, planRows, present, slidFen, slider, table, typedFen };
