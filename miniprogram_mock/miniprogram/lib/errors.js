/** What a failed call to the server looks like to the pages. */

const { texts } = require('../texts/index');

/** @typedef {InstanceType<typeof ApiError>} Failure */

/** `message` is zh-CN and may be shown as it is; `code` is what code decides by. */
class ApiError extends Error {
  /**
   * @param {string} code the server's stable code, or `network`, `single_page`, `login`
   * @param {string} message
   * @param {{status?: number, details?: Record<string, any>, request_id?: string}} [more] `status` is 0 when no answer came
   */
  constructor(code, message, more = {}) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = more.status || 0;
    this.details = more.details || {};
    this.request_id = more.request_id || '';
  }
}

/**
 * What a page's state-view shows when loading failed.
 * @param {any} error anything but an ApiError is a defect of ours and goes to the console as well
 * @returns {{state: 'offline' | 'error', failure: string}}
 */
function failureOf(error) {
  if (error instanceof ApiError) return { state: error.code === 'network' ? 'offline' : 'error', failure: error.message };
  console.error(error);
  return { state: 'error', failure: texts('common').errors.unexpected };
}

module.exports = { ApiError, failureOf };
