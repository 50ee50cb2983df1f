/** Words of the share pages. */

module.exports = {};
