/** The form of a campaign, as its marketers drew it: what is shown of each field, and what is still missing. */

/** @typedef {{key: string, kind: 'name' | 'phone' | 'store' | 'vehicle' | 'text' | 'choice', label: string, required: boolean, choices: string[]}} Field */

/** How much the server takes. */
const LONGEST = { name: 40, text: 500 };

/**
 * The fields that she fills in by hand; her number is asked for by the agreement.
 *
 * @param {Field[]} fields
 * @param {{id: string, title: string}[]} vehicles
 * @param {{id: string, label: string}[]} stores
 */
function shown(fields, vehicles, stores) {
  /** @type {Record<string, {value: string, label: string}[]>} */
  const offered = {
    vehicle: vehicles.map(({ id, title }) => ({ value: id, label: title })),
    store: stores.map(({ id, label }) => ({ value: id, label })),
  };
  return fields
    .filter(({ kind }) => kind !== 'phone')
    .map((field) => ({
      ...field,
      longest: field.kind === 'name' ? LONGEST.name : LONGEST.text,
      options: offered[field.kind] || field.choices.map((one) => ({ value: one, label: one })),
    }));
}

/**
 * The first field that is required and empty.
 *
 * @param {Field[]} fields
 * @param {Record<string, string>} given
 */
const missing = (fields, given) => fields.find(({ kind, key, required }) => required && kind !== 'phone' && !(given[key] || '').trim());

/**
 * What is sent: nothing that is empty.
 *
 * @param {Record<string, string>} given
 */
const filled = (given) => Object.fromEntries(Object.entries(given).flatMap(([key, value]) => (value.trim() ? [[key, value.trim()]] : [])));

module.exports = { shown, missing, filled };
