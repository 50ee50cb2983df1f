/** Words of the testDrive pages. */

module.exports = {};
