/** One try to reserve: its Idempotency-Key lives until the server has answered, so that a repetition never makes a second order. */

const { ApiError } = require('../../lib/errors');
const { uuid } = require('../../lib/id');

/** Codes after which the same request is still being worked on. */
const UNDECIDED = ['network', 'idempotency.in_progress'];

class Attempt {
  constructor() {
    this.key = '';
    this.body = '';
  }

  /**
   * The key for this request: the one it was sent with before, or a new one for another request.
   * @param {object} body
   */
  keyFor(body) {
    const text = JSON.stringify(body);
    if (!this.key || text !== this.body) {
      this.key = uuid();
      this.body = text;
    }
    return this.key;
  }

  /** The server has decided: what comes next is another try. */
  over() {
    this.key = '';
  }
}

/**
 * Whether nobody can say yet if the server did it: then only the same key may ask again. What is no answer of the server decides nothing.
 * @param {any} error
 */
const isUndecided = (error) => !(error instanceof ApiError) || UNDECIDED.includes(error.code) || error.status >= 500;

module.exports = { Attempt, isUndecided };
