/** What a deposit is called, and whether it comes back to her, by the terms of the car's dealer. */

const { texts } = require('../texts/index');

/** @typedef {{deposit_type: string, refund_rule?: string}} Terms of an order, or those in force */

/** 意向金, 订金 or 定金. @param {Terms} terms */
const word = ({ deposit_type }) => /** @type {Record<string, string>} */ (texts('common').deposit)[deposit_type];

/** Whether it is kept when she withdraws. @param {Terms} terms */
const isKept = ({ refund_rule }) => refund_rule === 'forfeit';

/** Whether it is 定金, of which the Civil Code says what becomes of it. @param {Terms} terms */
const isEarnest = ({ deposit_type }) => deposit_type === 'earnest_money';

module.exports = { isEarnest, isKept, word };
