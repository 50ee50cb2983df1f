/** Short words to her: a toast, a question, a failure. */

const { texts } = require('../texts/index');

/** @param {string} text */
function toast(text) {
  wx.showToast({ title: text, icon: 'none', duration: 2500 });
}

/**
 * @param {{title: string, content?: string, confirmText?: string, cancelText?: string}} question button texts: four characters at most
 * @returns {Promise<boolean>}
 */
function confirm({ title, content = '', confirmText, cancelText }) {
  const { actions } = texts('common');
  return new Promise((resolve) => {
    wx.showModal({
      title,
      content,
      confirmText: confirmText || actions.confirm,
      cancelText: cancelText || actions.cancel,
      success: (answer) => resolve(answer.confirm),
      fail: () => resolve(false),
    });
  });
}

/**
 * @param {{title: string, placeholder: string}} question
 * @returns {Promise<string>} what she wrote; nothing when she went back
 */
function ask({ title, placeholder }) {
  return new Promise((resolve) => {
    wx.showModal({
      title,
      editable: true,
      placeholderText: placeholder,
      success: (answer) => resolve(answer.confirm ? (answer.content || '').trim() : ''),
      fail: () => resolve(''),
    });
  });
}

/**
 * Shows what went wrong; anything that is not an ApiError is a defect of ours and goes to the console as well.
 * @param {any} error
 */
function fail(error) {
  if (error && error.name === 'ApiError') return toast(error.message);
  console.error(error);
  return toast(texts('common').errors.unexpected);
}

module.exports = { toast, confirm, ask, fail };
