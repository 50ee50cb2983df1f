/** WeChat's payment sheet: who is paid, how much, her finger, and what became of it. */
import { wechat as t } from '../texts.js'
import { h, icon } from './dom.js'
import { button } from './layers.js'

/** @typedef {{merchant: string, description: string, total: number}} Bill `total` in fen */

/**
 * Show the bill and wait for her finger; then work, and show what came of it.
 *
 * @param {any} shell
 * @param {Bill} bill
 * @param {() => Promise<string | null>} work pays; resolves to what went wrong, or null
 * @returns {Promise<'ok' | 'cancel' | 'fail'>} known when she has seen the result and closed it
 */
export async function pay(shell, bill, work) {
  const agreed = await shell.layers.show('sheet', t.pay.title, (close) => [
    h('button.ph-sheet-close', { 'aria-label': t.close, click: () => close(false) }, icon('close', 20)),
    h('p.ph-pay-merchant', {}, bill.merchant),
    h('p.ph-pay-amount', {}, yuan(bill.total)),
    line(t.pay.what, bill.description),
    line(t.pay.method, t.pay.balance),
    button('primary', t.pay.pay, () => close(true)),
  ], { dismiss: false, className: 'ph-pay' })
  if (!agreed) return 'cancel'
  const problem = await verified(shell, work)
  if (problem) {
    await shell.modal({ title: t.pay.failed, content: problem, showCancel: false })
    return 'fail'
  }
  await shell.layers.show('screen', t.pay.success, (close) => [
    h('div.ph-paid', {}, h('span.ph-paid-mark', {}, icon('check', 44)), h('h2', {}, t.pay.success), h('p.ph-quiet', {}, bill.merchant), h('p.ph-pay-amount', {}, yuan(bill.total))),
    h('div.ph-paid-foot', {}, button('plain', t.done, () => close())),
  ], { className: 'ph-pay-result' })
  return 'ok'
}

/** Her finger on the sensor, then WeChat at work. */
async function verified(shell, work) {
  /** @type {() => void} */
  let finish = () => {}
  const shown = shell.layers.show('dialog', t.pay.processing, (close) => {
    finish = close
    return [h('div.ph-pay-working', { role: 'status' }, h('i.ph-spinner.is-large', { 'aria-hidden': 'true' }), h('span', {}, t.pay.processing))]
  }, { className: 'ph-pay-dialog' })
  const problem = await work()
  finish()
  await shown
  return problem
}

function line(name, value) {
  return h('p.ph-pay-line', {}, h('span', {}, name), h('span', {}, value))
}

export const yuan = (fen) => `¥${(fen / 100).toLocaleString('zh-CN', { minimumFractionDigits: 2 })}`
