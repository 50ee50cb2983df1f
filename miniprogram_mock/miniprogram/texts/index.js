/** The words that people read, by page. WeChat packs only files that are required by name, hence the list. */

const catalogues = {
  about: require('./zh-CN/about'),
  campaign: require('./zh-CN/campaign'),
  city: require('./zh-CN/city'),
  common: require('./zh-CN/common'),
  contact: require('./zh-CN/contact'),
  consents: require('./zh-CN/consents'),
  finance: require('./zh-CN/finance'),
  finds: require('./zh-CN/finds'),
  home: require('./zh-CN/home'),
  list: require('./zh-CN/list'),
  me: require('./zh-CN/me'),
  orders: require('./zh-CN/orders'),
  poster: require('./zh-CN/poster'),
  privacy: require('./zh-CN/privacy'),
  reserve: require('./zh-CN/reserve'),
  search: require('./zh-CN/search'),
  stores: require('./zh-CN/stores'),
  testdrive: require('./zh-CN/testdrive'),
  vehicle: require('./zh-CN/vehicle'),
  waiting: require('./zh-CN/waiting'),
};

/**
 * @template {keyof typeof catalogues} N
 * @param {N} name
 * @returns {(typeof catalogues)[N]}
 */
function texts(name) {
  return catalogues[name];
}

/**
 * Puts values into `{name}` places; a place without a value stays as it is, so that it is noticed.
 * @param {string} text
 * @param {Record<string, any>} values
 */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

module.exports = { texts, fill };
