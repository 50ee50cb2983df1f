/** An order's way as steps: ordered, paid, car locked, and how it ended. */
import { Steps } from "antd";
import type { Order } from "../../api/types";
import { useIsPhone } from "../../app/ThemeMode";
import { t } from "../../texts/zh-CN";

type Step = { title: string; status: "finish" | "process" | "wait" | "error"; content?: string };

const PAID = new Set(["full", "overcharged", "refunding", "refunded"]);
const REFUND: Record<string, Step["status"]> = { refunding: "process", refunded: "finish" };

/** Pure, so that each state of the payment axis can be checked. */
export function stepsOf(order: Pick<Order, "status" | "payment_status" | "close_reason">): Step[] {
  const paid = PAID.has(order.payment_status);
  const refund = REFUND[order.payment_status];
  const closed = order.status === "closed";
  const ended = closed || refund !== undefined;
  const because = order.close_reason ? (t.orders.closeReason[order.close_reason] ?? order.close_reason) : undefined;
  const steps: Step[] = [
    { title: t.orders.steps.created, status: "finish" },
    { title: t.orders.steps.paid, status: paid ? "finish" : closed ? "error" : "process", content: t.orders.payment[paid ? "full" : "none"] },
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

export function Progress({ order }: { order: Order }) {
  const phone = useIsPhone();
  const steps = stepsOf(order);
  const current = steps.findLastIndex((step) => step.status !== "wait");
  return <Steps size="small" current={current} orientation={phone ? "vertical" : "horizontal"} items={steps} aria-label={t.orders.axis} />;
}
