/** Random identifiers made on the phone. */

const HEX = '0123456789abcdef';

/**
 * A random UUID (version 4). `Math.random` is enough: nobody sees enough of one phone's ids to guess its others, and what they could be
 * misused for is little: to call a device's nameless events one's own, or to meet one's own request again. WeChat's `getRandomValues`
 * answers later, and an id is needed at once.
 * @returns {string}
 */
function uuid() {
  return 'xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx'.replace(/[xy]/g, (place) => {
    const digit = Math.floor(Math.random() * 16);
    return HEX[place === 'x' ? digit : (digit & 3) | 8];
  });
}

module.exports = { uuid };
