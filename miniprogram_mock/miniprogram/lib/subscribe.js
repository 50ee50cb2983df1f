/** Asks whether she wants WeChat messages about something, at the moment when she cares. */

const api = require('./api');
const events = require('./events');
const session = require('./session');

/** @type {{moment: string, template_id: string, title: string}[]} */
let templates = [];
/** What her journeys want a message of. @type {{template_id: string, title: string}[]} */
let wanted = [];

/** Loads what may be asked for, unless it is known; beforehand, because asking must follow a tap at once. Failing only means that nothing is asked. */
async function load() {
  look();
  if (templates.length) return;
  try {
    templates = (await api.get('/visitor/messages/subscriptions')).items;
  } catch {
    templates = [];
  }
}

/** Hears what is wanted of her now, where she may soon be asked; nobody waits for it, and nobody is signed in for it. */
async function look() {
  if (!session.customer()) return;
  try {
    wanted = (await api.get('/customer/journeys/asks')).items;
  } catch {
    wanted = [];
  }
}

/**
 * Must be called directly from a tap or a payment's callback: WeChat refuses everything else.
 * @param {'deposit_paid' | 'appointment'} moment
 * @returns {Promise<Record<string, string>>} template id → accept, reject, ban or filter; empty when nothing was asked or answered
 */
function ask(moment) {
  const ofMoment = templates.filter((one) => one.moment === moment);
  const tmplIds = [...new Set([...ofMoment, ...wanted].map((one) => one.template_id))].slice(0, 3);
  if (!tmplIds.length) return Promise.resolve({});
  return new Promise((resolve) => {
    wx.requestSubscribeMessage({
      tmplIds,
      success: (answer) => {
        const told = Object.fromEntries(tmplIds.filter((id) => answer[id]).map((id) => [id, answer[id]]));
        wanted = wanted.filter((one) => !told[one.template_id]);
        report(moment, told);
        resolve(told);
      },
      fail: ({ errCode }) => {
        events.track('subscribe.prompted', { moment, failed: errCode });
        resolve({});
      },
    });
  });
}

/**
 * @param {string} moment
 * @param {Record<string, string>} told
 */
function report(moment, told) {
  const answers = Object.entries(told).map(([template_id, answer]) => ({ template_id, answer }));
  events.track('subscribe.prompted', { moment, accepted: answers.filter((one) => one.answer === 'accept').length });
  // WeChat itself counts what she accepted; our copy only spares sends that would be refused.
  api.post('/customer/messages/subscriptions', { answers }).catch(() => {});
}

/**
 * Whether there is anything to ask for at this moment.
 * @param {'deposit_paid' | 'appointment'} moment
 */
const offers = (moment) => templates.some((one) => one.moment === moment);

module.exports = { load, look, ask, offers };
