/** Where the mini-program's server is, and the few numbers that operations may want to turn. */

module.exports = {
  /** Origin of the API, without a path; has to stand in the mini-program's list of request domains. */
  origin: 'https://api.marque.example',
  requestTimeout: 10000,
  /** Pauses before a GET, or what has a key, is tried again, in milliseconds. */
  retryPauses: [400, 1200],
  /** Behaviour events: how often they are sent, how many do not wait for that, how many go at once at most, how many are kept when offline. */
  events: { everyMs: 10000, batch: 20, most: 50, kept: 200 },
  /** How many recently viewed cars the phone keeps. */
  recentCars: 12,
  /** How many words that she searched for the phone keeps. */
  searchedWords: 10,
  /** How many cars stand side by side; the server compares no more. */
  comparedCars: 4,
};
