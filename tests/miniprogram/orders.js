/** Orders as the server tells them, and a phone with somebody signed in, for the unit tests of what she pays and owns. */
'use strict';

const { Device } = require('./device');

const ORDER = {
  id: 'order-1',
  number: 'D261122ABCDEFGH',
  status: 'awaiting_payment',
  payment_status: 'none',
  label: '待支付',
  amount_fen: 100000,
  deposit_type: 'intent_deposit',
  refund_rule: 'full',
  payee_name: '极曜汽车',
  extension_hours: 72,
  confirmed_at: null,
  extended_at: null,
  dealer_note: null,
  terms_version: '2026-11',
  terms_accepted_at: '2026-11-22T01:00:00+00:00',
  refundable_until: null,
  created_at: '2026-11-22T01:00:00+00:00',
  paid_at: null,
  closed_at: null,
  close_reason: null,
  hold: { status: 'soft_held', expires_at: '2026-11-22T01:15:00+00:00', ends_in_seconds: 900 },
  is_ending: false,
  can_pay: true,
  can_cancel: true,
  refund: null,
  vehicle: { id: 'car-1', title: 'J9', price_fen: 89780000, status: 'reserved', photo: null, store: { id: 'store-1', name: '徐汇中心', city: '上海' } },
};

/** An order that waits for its payment; `changes` go over it, `hold` into its hold. */
const order = ({ hold, ...changes } = {}) => ({ ...ORDER, ...changes, hold: { ...ORDER.hold, ...hold } });

const PAID = {
  status: 'paid',
  payment_status: 'full',
  label: '已预订',
  paid_at: '2026-11-22T01:05:00+00:00',
  refundable_until: '2026-11-25T01:05:00+00:00',
  can_pay: false,
  hold: { status: 'hard_held', expires_at: '2026-11-25T01:05:00+00:00', ends_in_seconds: 259200 },
};
/** The same order once its deposit has arrived. */
const paidOrder = (changes = {}) => order({ ...PAID, ...changes });

const PAYMENT = { appId: 'wx0', timeStamp: '1', nonceStr: 'n', package: 'prepay_id=1', signType: 'RSA', paySign: 's' };

/** What the server answers when it refuses. */
const refusal = (status, error, details = {}) => ({ status, body: { error, message: `refused: ${error}`, details, request_id: 'r' } });

/** A phone whose person is signed in, with her number bound and everything agreed unless told otherwise. */
function signedIn({ phone = '138****0001', consents = ['phone', 'dealer_sharing'] } = {}) {
  const device = new Device();
  const customer = { id: 'customer-1', nickname: null, phone_masked: phone };
  const given = consents.map((purpose) => ({ purpose, text_version: '2026-11', given_at: '2026-11-21T00:00:00+00:00', withdrawn_at: null }));
  device.storage.set('session', { token: 'token', customer });
  device.server
    .on('GET /api/customer/waiting-list/', { items: [] })
    .on('GET /api/customer/identity/me', () => customer)
    .on('GET /api/customer/identity/consents', () => ({ items: given }))
    .on('POST /api/customer/identity/consents', ({ body }) => {
      if (body.granted) given.unshift({ ...body, given_at: '2026-11-22T01:00:00+00:00', withdrawn_at: null });
      else given.filter((one) => one.purpose === body.purpose).forEach((one) => (one.withdrawn_at = '2026-11-22T02:00:00+00:00'));
      return { items: given };
    });
  return device;
}

module.exports = { PAYMENT, order, paidOrder, refusal, signedIn };
