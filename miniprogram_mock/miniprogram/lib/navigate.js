/** Opens a page upon the one in sight: once for a tap and its echo, and also where WeChat lets no more pages lie one upon another. */

const prompts = require('./prompts');

/** WeChat keeps ten pages and refuses the eleventh; cars of stores of cars get there. */
const MOST = 10;
/** A second tap within this time is the same wish: WeChat lets the old page be tapped until the new one has slid in. */
const ECHO_MS = 500;

let last = { url: '', at: 0, isOpening: false };

/** @param {string} url of a page that is no tab */
function open(url) {
  if (url === last.url && (last.isOpening || Date.now() - last.at < ECHO_MS)) return;
  const now = { url, at: Date.now(), isOpening: true };
  last = now;
  const complete = () => Object.assign(now, { at: Date.now(), isOpening: false });
  // Fails when the page's package cannot be fetched.
  const options = { url, complete, fail: prompts.fail };
  if (getCurrentPages().length < MOST) wx.navigateTo(options);
  else wx.redirectTo(options);
}

module.exports = { open };
