/** Words of the about pages. */

module.exports = {};
