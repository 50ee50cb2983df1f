/** The drawer in which she asks the dealer of a car, or a store, to call her: her words, her agreement, her number, and who will call. */

const api = require('../../lib/api');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const { fill, texts } = require('../../texts/index');
const consents = require('../agreement/consents');

const t = texts('contact');
const { agreement } = texts('privacy');

Component({
  properties: {
    open: { type: Boolean, value: false },
    vehicleId: { type: String, value: '' },
    /** Of the store that she asks about when it is not about a car. */
    storeId: { type: String, value: '' },
    storeName: { type: String, value: '' },
  },

  data: {
    t,
    intro: '',
    message: '',
    missing: /** @type {'' | 'unknown' | keyof typeof agreement.missing} */ ('unknown'),
    ticked: /** @type {any[]} */ ([]),
    nudge: '',
    sending: false,
    done: '',
    /** Whether it was open before: its agreement asks the server, and is made only when it is needed. */
    opened: false,
  },

  observers: {
    'storeName, storeId'(name, storeId) {
      this.setData({ intro: fill(storeId ? t.introStore : t.intro, { store: name }) });
    },
    open(open) {
      if (open) this.setData({ opened: true, done: '' });
    },
  },

  methods: {
    /** @param {any} event */
    suggest(event) {
      const { text } = event.currentTarget.dataset;
      const { message } = this.data;
      if (!message.includes(text)) this.setData({ message: `${message}${text}`.slice(0, 200) });
    },

    /** @param {any} event what the agreement still misses */
    agreed({ detail }) {
      this.setData({ missing: detail.missing, ticked: detail.ticked, nudge: '' });
    },

    /** @param {any} event */
    nudged({ detail }) {
      this.setData({ nudge: detail.missing });
    },

    async submit() {
      const { missing, ticked, message, vehicleId, storeId, sending } = this.data;
      if (sending) return;
      if (missing) {
        this.setData({ nudge: missing });
        prompts.toast(missing === 'unknown' ? agreement.failed : agreement.missing[missing]);
        return;
      }
      this.setData({ sending: true });
      try {
        await consents.give(ticked);
        const about = vehicleId ? { vehicle_id: vehicleId } : { store_id: storeId };
        const lead = await api.post('/customer/leads/', { ...about, ...(message.trim() && { message: message.trim() }) });
        this.setData({ done: this.promise(lead), message: '' });
      } catch (error) {
        prompts.fail(error);
      }
      this.setData({ sending: false });
    },

    /**
     * Who will call her, and at which number.
     *
     * @param {{dealer: {name: string}, adviser: {name: string} | null}} lead
     */
    promise({ dealer, adviser }) {
      const phone = (session.customer() || { phone_masked: '' }).phone_masked;
      return fill(adviser ? t.adviser : t.dealer, { dealer: dealer.name, adviser: adviser && adviser.name, phone });
    },

    close() {
      this.triggerEvent('close');
    },
  },
});
