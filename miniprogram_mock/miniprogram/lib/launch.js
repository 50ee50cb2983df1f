/** How the mini-program was opened: scene, and the share that brought her. */

/** Moments show a shared page alone, without login, payment, place or navigation. */
const SINGLE_PAGE = 1154;

/** @type {{scene: number, shareId: string}} */
const launch = { scene: 1001, shareId: '' };

/**
 * Remembers a launch. A later one without a share keeps the share that came first: she is still here because of it.
 * @param {{scene?: number, query?: Record<string, any>}} options
 */
function note(options) {
  const query = options.query || {};
  launch.scene = options.scene || launch.scene;
  const share = shareIn(query);
  if (share) launch.shareId = share;
}

/**
 * The share named by a page's or a launch's query: `share_id`, or `scene` as a mini-program code carries it.
 * @param {Record<string, any>} query
 * @returns {string}
 */
function shareIn(query) {
  return query.share_id || decoded(query.scene || '');
}

/** @param {string} scene of a code; one that somebody made by hand may be malformed, and names nothing then */
function decoded(scene) {
  try {
    return decodeURIComponent(scene);
  } catch {
    return '';
  }
}

const isSinglePage = () => launch.scene === SINGLE_PAGE;
const shareId = () => launch.shareId;
const scene = () => launch.scene;

module.exports = { note, shareIn, isSinglePage, shareId, scene };
