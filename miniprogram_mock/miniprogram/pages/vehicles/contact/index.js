/** The drawer in which she asks the dealer of a car to call her: her words, her agreement, her number, and who will call. */

const api = require('../../../lib/api');
const prompts = require('../../../lib/prompts');
const session = require('../../../lib/session');
const { fill, texts } = require('../../../texts/index');
const consents = require('../../../components/agreement/consents');

const t = texts('vehicle').contact;
const { agreement } = texts('privacy');

Component({
  properties: {
    open: { type: Boolean, value: false },
    vehicleId: { type: String, value: '' },
    storeName: { type: String, value: '' },
  },

  data: { t, intro: '', message: '', missing: 'unknown', ticked: [], nudge: '', sending: false, done: '', opened: false },

  observers: {
    storeName(name) {
      this.setData({ intro: fill(t.intro, { store: name }) });
    },
    open(open) {
      // Made when first needed: its agreement asks the server.
      if (open && !this.data.opened) this.setData({ opened: true });
    },
  },

  methods: {
    /** @param {any} event */
    typed(event) {
      this.setData({ message: event.detail.value });
    },

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
      const { missing, ticked, message, vehicleId, sending } = this.data;
      if (sending) return;
      if (missing) {
        this.setData({ nudge: missing });
        prompts.toast(agreement.missing[missing] || agreement.failed);
        return;
      }
      this.setData({ sending: true });
      try {
        await consents.give(ticked);
        const lead = await api.post('/customer/leads/', { vehicle_id: vehicleId, ...(message.trim() && { message: message.trim() }) });
        this.setData({ done: this.promise(lead) });
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
      if (this.data.done) this.setData({ done: '', message: '' });
      this.triggerEvent('close');
    },
  },
});
