/** Keeping a search, so that she hears of new cars: to be spread into the list's page. */

const api = require('../../lib/api');
const prompts = require('../../lib/prompts');
const { texts } = require('../../texts/index');
const filters = require('./filters');

const t = texts('list');

/** As many letters as the server takes. */
const LONGEST = 40;
const FREQUENCIES = /** @type {const} */ (['instant', 'daily', 'weekly']);

const saving = () => ({
  /** @this {any} */
  openSave() {
    const name = this.data.chips.map((/** @type {{text: string}} */ chip) => chip.text).join(' ').slice(0, LONGEST) || t.save.all;
    this.setData({ sheet: 'save', saveName: name, frequency: 'daily' });
  },

  /** @this {any} @param {any} event */
  chooseFrequency(event) {
    this.setData({ frequency: event.currentTarget.dataset.key });
  },

  /** @this {any} */
  async save() {
    const name = this.data.saveName.trim();
    if (!name) return prompts.toast(t.save.nameless);
    if (this.data.saving) return undefined;
    this.setData({ saving: true });
    try {
      const { lat, lng, crs, city } = this.data.from;
      const asked = filters.query(this.data.asked, city ? { city } : {});
      // A radius is of no use without its centre; without a radius nobody needs to know where she stood.
      const { radius_km } = this.data.asked;
      const isNear = radius_km && lat !== undefined;
      const body = { name, frequency: this.data.frequency, filters: isNear ? { ...asked, radius_km } : asked, place: isNear ? { lat, lng, crs } : null };
      await api.post('/customer/saved-searches/', body);
      this.setData({ sheet: '' });
      prompts.toast(t.save.done);
    } catch (error) {
      prompts.fail(error);
    }
    this.setData({ saving: false });
    return undefined;
  },
});

module.exports = { saving, FREQUENCIES };
