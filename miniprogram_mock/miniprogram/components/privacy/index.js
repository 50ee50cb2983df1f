/** WeChat's privacy agreement in our words: appears when an API needs it, and tells WeChat what she answered. */

const privacy = require('../../lib/privacy');
const { texts } = require('../../texts/index');

Component({
  data: { open: false, t: texts('common').privacy_popup },
  lifetimes: {
    attached() {
      this.leave = privacy.register((answer) => {
        this.answer = answer;
        this.setData({ open: true });
      });
    },
    detached() {
      if (this.data.open) this.answer({ event: 'disagree' });
      this.leave();
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
      this.answer(reply);
    },
    contract() {
      wx.openPrivacyContract({});
    },
    still() {},
  },
});
