/** What an action will do to the car, to the money and to her, said before it is done; and why it cannot be done. */
import type { Order, OrderAction } from "../../api/types";
import { yuan } from "../../lib/money";
import { onDay } from "../../lib/time";
import { t } from "../../texts";

const HOUR = 3_600_000;

/** The end of the hold once the dealer has extended it. */
export function extendedUntil(expiresAt: string, hours: number): string {
  return new Date(Date.parse(expiresAt) + hours * HOUR).toISOString();
}

/** Label and words for each of car, money and customer; pure, so that each action can be checked. */
export function effectsOf(action: OrderAction, order: Order): [label: string, effect: string][] {
  const { effects } = t.orders.deal;
  const until = order.reservation?.expires_at ?? null;
  const money = yuan(order.refundable_fen);
  const goesBack = order.refundable_fen > 0 ? effects.allBack(money) : effects.nothingPaid;
  const owes = order.deposit_type === "earnest_money" && order.refundable_fen > 0 ? effects.owesDouble : "";
  const said: Record<OrderAction, [car: string, money: string, customer: string]> = {
    confirm: [until ? effects.keptUntil(onDay(until)) : effects.kept, effects.moneyStays(money), effects.seesConfirmed],
    extend: [
      until ? effects.extendedUntil(onDay(extendedUntil(until, order.extension_hours)), order.extension_hours) : effects.kept,
      effects.moneyStays(money),
      effects.seesExtended,
    ],
    convert: [effects.sold, effects.applied(money), effects.seesConverted],
    decline: [effects.onSaleAgain, goesBack + owes, effects.seesReason],
    "sold-offline": [effects.soldElsewhere, goesBack + owes, effects.seesReason],
    refund: [effects.carStays, effects.partBack(money), effects.seesRefund],
  };
  const [car, cash, customer] = said[action];
  return [
    [effects.car, car],
    [effects.money, cash],
    [effects.customer, customer],
  ];
}

/** The words that refuse, each with all that it refuses: "客户还没有付款" is said once, not five times. */
export function refusalsOf(actions: Order["actions"]): [refusal: string, labels: string[]][] {
  const found = new Map<string, string[]>();
  for (const { action, refusal } of actions)
    if (refusal) found.set(refusal, [...(found.get(refusal) ?? []), t.orders.deal.actions[action].label]);
  return [...found];
}
