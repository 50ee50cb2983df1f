/** The steps of an order's way, out of both of its axes. */
import type { Order } from "../../api/types";
import { t } from "../../texts";

type Step = { title: string; status: "finish" | "process" | "wait" | "error"; content?: string };

const PAID = new Set(["full", "overcharged", "refunding", "refunded"]);
/** An order that goes on was paid, also while a part of the money goes back. */
const LIVE = new Set(["paid", "confirmed", "converted"]);
const REFUND: Record<string, Step["status"]> = { refunding: "process", refunded: "finish" };

export function stepsOf(order: Pick<Order, "status" | "payment_status" | "close_reason">): Step[] {
  const live = LIVE.has(order.status);
  const paid = live || PAID.has(order.payment_status);
  const refund = live ? undefined : REFUND[order.payment_status];
  const closed = order.status === "closed";
  const ended = closed || refund !== undefined;
  const because = order.close_reason ? (t.orders.closeReason[order.close_reason] ?? order.close_reason) : undefined;
  const steps: Step[] = [
    { title: t.orders.steps.created, status: "finish" },
    { title: t.orders.steps.paid, status: paid ? "finish" : closed ? "error" : "process", content: t.orders.payment[live ? order.payment_status : paid ? "full" : "none"] },
  ];
  if (ended) {
    steps.push({ title: t.orders.steps.closed, status: closed ? "finish" : "process", content: because });
    if (refund) steps.push({ title: t.orders.steps.refunded, status: refund, content: t.orders.payment[order.payment_status] });
    return steps;
  }
  steps.push({ title: t.orders.steps.hold, status: paid ? "finish" : "wait" });
  steps.push({ title: t.orders.steps.converted, status: order.status === "converted" ? "finish" : paid ? "process" : "wait" });
  return steps;
}
