/** Words of the consents pages. */

module.exports = {};
