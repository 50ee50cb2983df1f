/** Which of a picture's sizes a place on the screen needs. */

/** WeChat counts every screen as 750 rpx wide. */
const SCREEN = 750;

/**
 * The smallest that is sharp; the largest when none is.
 * @param {string | null} url the picture without a size, for those that have none
 * @param {{width: number, url: string}[] | undefined} sizes
 * @param {number} rpx how wide it is shown
 */
function fitting(url, sizes, rpx) {
  if (!sizes || !sizes.length) return url || '';
  const { windowWidth, pixelRatio } = wx.getWindowInfo();
  const needed = (rpx / SCREEN) * windowWidth * pixelRatio;
  const rising = [...sizes].sort((one, other) => one.width - other.width);
  return (rising.find(({ width }) => width >= needed) || rising[rising.length - 1]).url;
}

module.exports = { fitting };
