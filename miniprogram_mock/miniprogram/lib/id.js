/** Random identifiers made on the phone. */

const HEX = '0123456789abcdef';

/**
 * A random UUID (version 4). `Math.random` is enough: the ids only have to differ, nothing is guarded by them.
 * @returns {string}
 */
function uuid() {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(Math.random() * 16);
    return HEX[place === 'x' ? digit : (digit & 3) | 8];
  });
}

module.exports = { uuid };
