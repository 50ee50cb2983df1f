/** Shares: made by the server, so that a path names who shared, and turned into what WeChat's handlers return. */

const api = require('./api');

/** @typedef {{id: string, path: string, title: string, imageUrl: string}} Share */
/** @typedef {'friend' | 'timeline' | 'code'} Channel */

/**
 * @param {object} body
 * @returns {Promise<Share>}
 */
async function make(body) {
  const { id, path, title, image_url } = await api.post('/customer/sharing/', body);
  return { id, path, title, imageUrl: api.onCard(image_url) };
}

/**
 * @param {string} id
 * @param {Channel} channel
 */
const forVehicle = (id, channel) => make({ kind: 'vehicle', vehicle_id: id, channel });

/**
 * @param {Record<string, any>} filters as in the search, without place, order and page
 * @param {Channel} channel
 */
const forList = (filters, channel) => make({ kind: 'list', filters, channel });

/**
 * What `onShareAppMessage` returns. WeChat waits three seconds for the promise and then sends the fallback, which names no sharer.
 * @param {{title: string, path: string, imageUrl?: string}} fallback
 * @param {Promise<Share>} promise
 */
function message(fallback, promise) {
  const made = promise.then(
    ({ title, path, imageUrl }) => ({ title, path, imageUrl: imageUrl || fallback.imageUrl }),
    () => fallback,
  );
  return { ...fallback, promise: made };
}

/**
 * What `onShareTimeline` returns. It cannot wait, so the share has to be made beforehand; without one the fallback goes out.
 * @param {{title: string, query?: string, imageUrl?: string}} fallback
 * @param {Share | null} [share]
 */
function timeline(fallback, share) {
  if (!share) return fallback;
  return { title: share.title, query: share.path.split('?')[1] || '', imageUrl: share.imageUrl || fallback.imageUrl };
}

module.exports = { forVehicle, forList, message, timeline };
