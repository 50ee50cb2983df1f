/** What a saved search asks for, beside its name. */

/**
 * Nothing when she did not name it herself: then both say the same.
 * @param {{name: string, summary: string}} search `SavedSearchOut` of the server
 */
const summaryOf = ({ name, summary }) => (summary.replace(/ · /g, ' ') === name ? '' : summary);

module.exports = { summaryOf };
