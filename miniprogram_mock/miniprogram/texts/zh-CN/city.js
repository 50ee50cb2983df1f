/** Words of the city pages. */

module.exports = {};
