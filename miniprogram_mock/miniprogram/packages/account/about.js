/** What this mini-program is, its version, and the terms of the service. */

const api = require('../../lib/api');
const events = require('../../lib/events');
const prompts = require('../../lib/prompts');
const { fill, texts } = require('../../texts/index');

const t = texts('about');

/** The version that WeChat published; before that it has none, and says what it is instead. */
function versionText() {
  const { version, envVersion } = wx.getAccountInfoSync().miniProgram;
  if (envVersion === 'develop') return t.development;
  if (envVersion === 'trial') return t.trial;
  return version ? fill(t.version, { version }) : '';
}

Page({
  data: { t, brand: texts('common').brand, version: '', terms: fill(t.serviceVersion, { version: t.termsVersion }) },

  onLoad() {
    this.setData({ version: versionText() });
  },

  onShow() {
    events.track('page.viewed', { name: 'about' });
  },

  /** A colleague says that she is the customer on whom her journeys are tried; behind the version, where nobody else looks for it. */
  async tester() {
    const code = await prompts.ask(t.tester);
    if (!code) return;
    try {
      const { name } = await api.post('/customer/journeys/tester', { code });
      prompts.toast(fill(t.tester.bound, { name }));
    } catch (error) {
      prompts.fail(error);
    }
  },
});
