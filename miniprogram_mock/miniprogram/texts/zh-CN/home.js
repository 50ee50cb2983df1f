/** Words of the home pages. */

module.exports = {};
