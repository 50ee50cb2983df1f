/** What a car costs by the month: plan and down payment in, the server's figures out. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const prompts = require('../../lib/prompts');
const { texts } = require('../../texts/index');
const { planRows, present, slidFen, slider, table, typedFen } = require('./calculator-view');

const t = texts('finance');

/** A slider takes its colours as attributes, where the tokens of app.wxss cannot be used; these are their values. */
const SLIDER = {
  light: { on: '#14130f', off: '#e3dfd7', block: '#fdfcfa' },
  dark: { on: '#f4f1ea', off: '#2e2c27', block: '#bdb8ad' },
};

Page({
  data: {
    t,
    state: 'loading',
    message: '',
    title: '',
    plans: /** @type {any[]} */ ([]),
    planId: '',
    least: 0,
    down: '',
    slider: { min: 0, max: 1, value: 0 },
    fieldError: '',
    note: '',
    busy: false,
    loan: /** @type {any} */ (null),
    schedule: /** @type {any[]} */ ([]),
    scheduleOpen: false,
    colours: SLIDER.light,
  },

  vehicleId: '',
  onTheme: (/** @type {{theme: string}} */ _system) => {},
  /** Her own down payment in fen; null while she has named none and the plan's least is used. */
  chosenFen: /** @type {number | null} */ (null),
  /** The choices that the figures on the screen belong to. */
  shown: { planId: '', down: '', slider: { min: 0, max: 1, value: 0 } },
  /** Counts questions, so that an answer that was overtaken is thrown away. */
  asked: 0,

  /** @param {{vehicle_id?: string}} query */
  onLoad(query) {
    this.vehicleId = query.vehicle_id || '';
    events.track('page.viewed', { vehicle_id: this.vehicleId });
    this.dye(wx.getAppBaseInfo());
    this.onTheme = (/** @type {{theme: string}} */ system) => this.dye(system);
    wx.onThemeChange(this.onTheme);
    this.load();
  },

  onUnload() {
    wx.offThemeChange(this.onTheme);
  },

  /** @param {{theme?: string}} system */
  dye({ theme }) {
    this.setData({ colours: theme === 'dark' ? SLIDER.dark : SLIDER.light });
  },

  load() {
    this.setData({ state: 'loading' });
    return this.changePlan(this.data.planId);
  },

  /**
   * A plan's least down payment is what the server takes when none is named; her own is kept where the plan allows it.
   *
   * @param {string} planId
   */
  async changePlan(planId) {
    const loan = await this.ask({ plan_id: planId });
    if (!loan) return;
    this.setData({ least: loan.down_payment_fen, note: '' });
    const own = this.chosenFen;
    if (own !== null && own > loan.down_payment_fen) return this.changeDown(own);
    if (own !== null && own < loan.down_payment_fen) this.setData({ note: t.lowered });
    this.chosenFen = null;
    this.answered(loan);
  },

  /** @param {number} fen */
  async changeDown(fen) {
    this.chosenFen = fen;
    const loan = await this.ask({ plan_id: this.data.planId, down_payment_fen: fen });
    if (!loan) return;
    this.setData({ note: '' });
    this.answered(loan);
  },

  /**
   * Asks the server; null when it refused or a later question overtook this one.
   *
   * @param {{plan_id?: string, down_payment_fen?: number}} query
   */
  async ask(query) {
    this.asked += 1;
    const turn = this.asked;
    this.setData({ busy: true, fieldError: '' });
    try {
      const loan = await api.get(`/visitor/vehicles/${this.vehicleId}/finance`, query);
      if (turn !== this.asked) return null;
      this.setData({ planId: loan.plan.id, busy: false });
      return loan;
    } catch (error) {
      if (turn === this.asked) this.refused(error);
      return null;
    }
  },

  /** @param {any} error */
  refused(error) {
    this.setData({ busy: false });
    if (error.code === 'vehicles.finance_impossible') return this.setData({ fieldError: error.message });
    if (error.status === 410) return this.setData({ state: 'gone', message: t.gone });
    if (this.data.state === 'ready') {
      // The choices go back to what the figures belong to.
      this.setData(this.shown);
      return prompts.fail(error);
    }
    const { state, failure } = failureOf(error);
    this.setData({ state, message: failure });
  },

  /** @param {any} loan */
  answered(loan) {
    const { least, scheduleOpen } = this.data;
    this.shown = {
      planId: loan.plan.id,
      down: String(loan.down_payment_fen / 100),
      slider: slider({ price: loan.price_fen, least, down: loan.down_payment_fen }),
    };
    this.setData({
      ...this.shown,
      state: 'ready',
      plans: planRows(loan.plans),
      loan: present(loan),
      schedule: scheduleOpen ? table(loan.schedule) : [],
    });
    this.instalments = loan.schedule;
    events.track('finance.calculated', {
      vehicle_id: this.vehicleId,
      term_months: loan.plan.term_months,
      down_payment_fen: loan.down_payment_fen,
      monthly_fen: loan.monthly_fen,
    });
  },

  /** The last answer's schedule; a table of sixty rows is made only when she looks at it. */
  instalments: /** @type {any[]} */ ([]),

  /** @param {any} event */
  pickPlan(event) {
    const { id } = event.currentTarget.dataset;
    if (id === this.data.planId) return;
    this.setData({ planId: id });
    this.changePlan(id);
  },

  /** @param {any} event */
  sliding(event) {
    const { slider: { min }, least } = this.data;
    this.setData({ down: String(slidFen(event.detail.value, min, least) / 100) });
  },

  /** @param {any} event */
  slid(event) {
    const { slider: { min }, least } = this.data;
    this.setData({ 'slider.value': event.detail.value });
    this.changeDown(slidFen(event.detail.value, min, least));
  },

  typing() {
    this.setData({ fieldError: '' });
  },

  /** Leaving the field and the keyboard's own button both end here; the same amount twice is asked once. */
  typed() {
    const fen = typedFen(this.data.down);
    if (fen === null) return this.setData({ fieldError: t.notNumber });
    if (fen === (this.data.busy ? this.chosenFen : typedFen(this.shown.down))) return;
    this.changeDown(fen);
  },

  toggleSchedule() {
    const scheduleOpen = !this.data.scheduleOpen;
    this.setData({ scheduleOpen, schedule: scheduleOpen ? table(this.instalments) : [] });
  },

  back() {
    wx.navigateBack();
  },
});
