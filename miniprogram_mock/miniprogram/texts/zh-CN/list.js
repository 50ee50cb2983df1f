/** Words of the list pages. */

module.exports = {};
