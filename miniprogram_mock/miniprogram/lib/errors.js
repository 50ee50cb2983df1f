/** What a failed call to the server looks like to the pages. */

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

module.exports = { ApiError };
