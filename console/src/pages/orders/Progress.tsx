/** An order's way as steps: ordered, paid, car locked, and how it ended. */
import { Steps } from "antd";
import type { Order } from "../../api/types";
import { useIsPhone } from "../../app/ThemeMode";
import { t } from "../../texts";
import { stepsOf } from "./steps";

export function Progress({ order }: { order: Order }) {
  const phone = useIsPhone();
  const steps = stepsOf(order);
  const current = steps.findLastIndex((step) => step.status !== "wait");
  return <Steps size="small" current={current} orientation={phone ? "vertical" : "horizontal"} items={steps} aria-label={t.orders.axis} />;
}
