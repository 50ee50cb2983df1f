/** What a car costs by the month: plan and down payment in, the server's figures out. */

const api = require('../../lib/api');
const { failureOf } = require('../../lib/errors');
const events = require('../../lib/events');
const prompts = require('../../lib/prompts');
const { texts } = require('../../texts/index');
const { kinds, planRows, present, slidFen, slider, table, typedFen } = require('./calculator-view');

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
    kinds: /** @type {{key: string, label: string}[]} */ ([]),
    kind: '',
    plans: /** @type {any[]} */ ([]),
    planId: '',
    /** What the plan allows as a down payment, in fen. */
    least: 0,
    most: 0,
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
  shown: { kind: '', planId: '', down: '', slider: { min: 0, max: 1, value: 0 } },
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
    const { down_payment_min_fen: least, down_payment_max_fen: most } = loan;
    this.setData({ least, most, note: '' });
    const own = this.chosenFen;
    if (own !== null && own > least && own <= most) return this.changeDown(own);
    if (own !== null && own !== least) this.setData({ note: t.lowered });
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
    if (error.code === 'vehicles.plan_unknown' && this.data.state !== 'ready') return this.setData({ state: 'gone', message: t.none });
    if (this.data.state === 'ready') {
      // The choices go back to what the figures belong to.
      this.setData({ ...this.shown, plans: planRows(this.plans, this.shown.kind) });
      return prompts.fail(error);
    }
    const { state, failure } = failureOf(error);
    this.setData({ state, message: failure });
  },

  /** @param {any} loan */
  answered(loan) {
    const { least, most, scheduleOpen } = this.data;
    this.plans = loan.plans;
    this.shown = {
      kind: loan.plan.kind.key,
      planId: loan.plan.id,
      down: String(loan.down_payment_fen / 100),
      slider: slider({ least, most, down: loan.down_payment_fen }),
    };
    this.setData({
      ...this.shown,
      state: 'ready',
      kinds: kinds(loan.plans),
      plans: planRows(loan.plans, loan.plan.kind.key),
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

  /** All plans for this car, of every kind. */
  plans: /** @type {any[]} */ ([]),

  /** Another kind begins with the first of its plans. @param {any} event */
  pickKind(event) {
    const { kind } = event.currentTarget.dataset;
    if (kind === this.data.kind) return;
    const { id } = this.plans.find((plan) => plan.kind.key === kind);
    this.setData({ kind, planId: id, plans: planRows(this.plans, kind) });
    this.changePlan(id);
  },

  /** @param {any} event */
  pickPlan(event) {
    const { id } = event.currentTarget.dataset;
    if (id === this.data.planId) return;
    this.setData({ planId: id });
    this.changePlan(id);
  },

  /** @param {any} event */
  sliding(event) {
    this.setData({ down: String(slidFen(event.detail.value, this.data.slider, this.data) / 100) });
  },

  /** @param {any} event */
  slid(event) {
    this.setData({ 'slider.value': event.detail.value });
    this.changeDown(slidFen(event.detail.value, this.data.slider, this.data));
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
