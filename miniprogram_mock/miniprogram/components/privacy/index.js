/** WeChat's privacy agreement in our words: appears when an API needs it, and tells WeChat what she answered. */

const privacy = require('../../lib/privacy');
const { texts } = require('../../texts/index');

Component({
  data: { open: false, t: texts('common').privacy_popup },
  lifetimes: {
    attached() {
      /** @type {any} */
      const own = this;
      own.popup = (/** @type {privacy.Answer} */ answer) => {
        own.answer = answer;
        this.setData({ open: true });
      };
      privacy.show(own.popup);
    },
    detached() {
      if (this.data.open) this.reply({ event: 'disagree' });
      privacy.leave(/** @type {any} */ (this).popup);
    },
  },
  pageLifetimes: {
    // Tabs stay alive behind each other: the one that came last into sight asks.
    show() {
      privacy.show(/** @type {any} */ (this).popup);
    },
  },
  methods: {
    agree() {
      this.reply({ buttonId: 'privacy-agree', event: 'agree' });
    },
    refuse() {
      this.reply({ event: 'disagree' });
    },
    /** @param {{event: string, buttonId?: string}} reply */
    reply(reply) {
      this.setData({ open: false });
      /** @type {any} */ (this).answer(reply);
    },
    contract() {
      wx.openPrivacyContract({});
    },
    still() {},
  },
});
