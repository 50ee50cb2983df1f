/** A list that somebody shared with her, and the list that she shares: to be spread into the list's page. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const format = require('../../lib/format');
const handover = require('../../lib/handover');
const launch = require('../../lib/launch');
const { open } = require('../../lib/navigate');
const prompts = require('../../lib/prompts');
const session = require('../../lib/session');
const share = require('../../lib/share');
const { texts, fill } = require('../../texts/index');
const filters = require('./filters');

const t = texts('list');

/**
 * Who shared, and how many cars that is now.
 * @param {string | null} nickname
 * @param {number} total
 */
function sharedWords(nickname, total) {
  const words = total ? (nickname ? t.shared.by : t.shared.friend) : t.shared.none;
  return fill(words, { name: nickname || t.shared.somebody, count: format.count(total) });
}

const sharing = () => ({
  /** The list on the screen is what somebody shared. */
  isShared: false,
  shareId: '',
  timelineShare: /** @type {import('../../lib/share').Share | null} */ (null),

  /** A list that somebody shared: her filters, and how many cars that is now. @this {any} */
  async openShare() {
    this.setData({ state: 'loading' });
    try {
      const opening = { visitor_id: session.visitorId(), scene: String(launch.scene()) };
      const { share: made, list } = await api.get(`/visitor/sharing/${this.shareId}`, opening);
      if (!list) return this.noShare();
      this.isShared = true;
      this.sharer = made.sharer.nickname;
      this.setData({ sharedBy: sharedWords(this.sharer, list.total) });
      await this.search(filters.clean(list.filters));
    } catch (error) {
      if (error.status === 404) this.noShare();
      else this.setData(failureOf(error));
    }
  },

  sharer: /** @type {string | null} */ (null),

  /** Cars are sold while she looks: the number is that of the list below it. @this {any} @param {number} total */
  recount(total) {
    if (this.isShared) this.setData({ sharedBy: sharedWords(this.sharer, total) });
  },

  /** @this {any} */
  noShare() {
    prompts.toast(t.shared.gone);
    this.leaveShare();
    this.search();
  },

  /** @this {any} */
  leaveShare() {
    this.isShared = false;
    this.shareId = '';
    this.setData({ sharedBy: '' });
  },

  /** @this {any} */
  leaveShared() {
    this.clearAll();
  },

  /** Moments ask for their card at once, so it is made as soon as she shows that she wants to share. @this {any} */
  openShareSheet() {
    this.setData({ sheet: 'share' });
    if (this.timelineShare) return;
    const { turn } = this;
    const keep = (/** @type {any} */ made) => turn === this.turn && (this.timelineShare = made);
    share.forList(this.shareable(), 'timeline').then(keep, () => {});
  },

  /** @this {any} */
  openPoster() {
    this.setData({ sheet: '' });
    events.track('share.tapped', { kind: 'list', channel: 'code' });
    handover.give('poster', this.shareable());
    open('/pages/share/index');
  },

  /** @this {any} */
  shareable() {
    return filters.shareable(this.data.asked, this.data.from);
  },

  /** What goes out when the server cannot name a share in time: the same search, without her name. @this {any} */
  card() {
    const { counted, chunks } = this.data;
    const photo = chunks.length ? chunks[0].cars[0].photo : '';
    const title = fill(t.share.title, { count: format.count(counted.total) });
    return { title, query: `filters=${encodeURIComponent(JSON.stringify(this.shareable()))}`, imageUrl: api.onCard(photo) };
  },

  /** @this {any} */
  onShareAppMessage() {
    events.track('share.tapped', { kind: 'list', channel: 'friend' });
    this.setData({ sheet: '' });
    const { title, query, imageUrl } = this.card();
    return share.message({ title, path: `/pages/vehicles/index?${query}`, imageUrl }, share.forList(this.shareable(), 'friend'));
  },

  /** @this {any} */
  onShareTimeline() {
    events.track('share.tapped', { kind: 'list', channel: 'timeline' });
    return share.timeline(this.card(), this.timelineShare);
  },
});

module.exports = { sharing };
