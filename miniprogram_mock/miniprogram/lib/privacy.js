/** Hands WeChat's wish for a privacy agreement to the popup of the page she is on. */

/** @typedef {(answer: {event: 'agree' | 'disagree' | 'exposureAuthorization', buttonId?: string}) => void} Answer */
/** @typedef {(answer: Answer) => void} Popup */

/** @type {Popup[]} the popup of the page in sight is the last */
let popups = [];
let listening = false;

/**
 * From now on this popup asks. May be called again, whenever its page comes into sight.
 * @param {Popup} popup
 */
function show(popup) {
  leave(popup);
  popups.push(popup);
  if (listening || !wx.onNeedPrivacyAuthorization) return;
  listening = true;
  wx.onNeedPrivacyAuthorization((/** @type {any} */ resolve) => {
    const top = popups[popups.length - 1];
    if (top) top(resolve);
    else resolve({ event: 'disagree' });
  });
}

/** @param {Popup} popup of a page that is gone */
function leave(popup) {
  popups = popups.filter((one) => one !== popup);
}

module.exports = { show, leave };
