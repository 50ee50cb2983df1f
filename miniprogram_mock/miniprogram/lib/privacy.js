/** Hands WeChat's wish for a privacy agreement to the popup of the page she is on. */

/** @typedef {(answer: {event: 'agree' | 'disagree' | 'exposureAuthorization', buttonId?: string}) => void} Answer */
/** @typedef {(answer: Answer) => void} Popup */

/** @type {Popup[]} the popup of the page on top is the last */
const popups = [];
let listening = false;

/**
 * @param {Popup} popup
 * @returns {() => void} call it when the popup leaves
 */
function register(popup) {
  popups.push(popup);
  if (!listening && wx.onNeedPrivacyAuthorization) {
    listening = true;
    wx.onNeedPrivacyAuthorization((/** @type {any} */ resolve) => {
      const top = popups[popups.length - 1];
      if (top) top(resolve);
      else resolve({ event: 'disagree' });
    });
  }
  return () => popups.splice(popups.indexOf(popup), 1);
}

module.exports = { register };
