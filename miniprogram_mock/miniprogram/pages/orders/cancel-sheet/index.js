/** Before an order is cancelled: what happens to the money, and why, if she wants to say. */

const { fill, texts } = require('../../../texts/index');

const t = texts('orders').detail.cancelSheet;
const OTHER = t.reasons.length - 1;

Component({
  properties: {
    open: { type: Boolean, value: false },
    paid: { type: Boolean, value: false },
    amount: { type: String, value: '' },
    deposit: { type: String, value: '' },
    /** Whether it does not come back. */
    kept: { type: Boolean, value: false },
    busy: { type: Boolean, value: false },
  },
  data: { t, chosen: -1, isOther: false, own: '', money: '' },
  observers: {
    'paid, amount, deposit, kept'(paid, amount, deposit, kept) {
      this.setData({ money: paid ? fill(kept ? t.kept : t.paid, { amount, deposit }) : t.unpaid });
    },
    open(open) {
      if (open) this.setData({ chosen: -1, isOther: false, own: '' });
    },
  },
  methods: {
    /** @param {any} event */
    choose(event) {
      const { index } = event.currentTarget.dataset;
      const chosen = index === this.data.chosen ? -1 : index;
      this.setData({ chosen, isOther: chosen === OTHER });
    },
    close() {
      this.triggerEvent('close');
    },
    submit() {
      const { chosen, isOther, own } = this.data;
      const reason = isOther ? own.trim() || t.reasons[OTHER] : t.reasons[chosen] || '';
      this.triggerEvent('cancel', { reason });
    },
  },
});
