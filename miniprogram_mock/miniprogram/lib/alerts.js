/** How many alerts she has not read, as a number on the tab of her own page. */

const api = require('./api');
const session = require('./session');

/** The place of her own page among the tabs. */
const TAB = 3;
const MOST = 99;

let unread = 0;

// Whoever comes or goes has other alerts.
session.onChange((who) => {
  if (!who) tell(0);
});

/** What the server said how many there are. @param {number} count */
function tell(count) {
  unread = count;
  mark();
}

/** Writes the number on the tab; WeChat takes it only while a tab's page is in sight. */
function mark() {
  const fail = () => {};
  if (unread) wx.setTabBarBadge({ index: TAB, text: unread > MOST ? `${MOST}+` : String(unread), fail });
  else wx.removeTabBarBadge({ index: TAB, fail });
}

/** Asks how many there are, for who is signed in; nobody is signed in for that. */
async function look() {
  if (!session.customer()) return;
  try {
    tell((await api.get('/customer/interests/summary')).unread_alerts);
  } catch {
    // The old number is as good as none.
  }
}

/** She has seen all up to this one. @param {string} until */
async function read(until) {
  try {
    tell((await api.post('/customer/alerts/read', { until })).unread);
  } catch {
    // They stay unread, and are told as new once more.
  }
}

module.exports = { look, mark, read, tell };
