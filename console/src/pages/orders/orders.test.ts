import { expect, test } from "vitest";
import { totals } from "../../lib/money";
import { stepsOf } from "./steps";

const order = (status: string, payment_status: string, close_reason: string | null = null) => ({ status, payment_status, close_reason });
const read = (...of: Parameters<typeof order>) => stepsOf(order(...of)).map((step) => `${step.title}:${step.status}`);

test("an unpaid order waits at the payment", () => {
  expect(read("awaiting_payment", "none")).toEqual(["下单:finish", "支付:process", "锁车:wait", "成交:wait"]);
});

test("a paid order has locked its car", () => {
  expect(read("paid", "full")).toEqual(["下单:finish", "支付:finish", "锁车:finish", "成交:process"]);
});

test("an order that closed unpaid shows where it stopped, and no refund", () => {
  expect(read("closed", "none", "expired")).toEqual(["下单:finish", "支付:error", "关闭:finish"]);
});

test("a refund on its way is not shown as done", () => {
  expect(read("closed", "refunding", "customer_cancelled")).toEqual(["下单:finish", "支付:finish", "关闭:finish", "退款:process"]);
  expect(read("closed", "refunded", "customer_cancelled").at(-1)).toBe("退款:finish");
});

test("an order that goes on stays paid and held while a part of its money goes back", () => {
  for (const payment of ["refunding", "partial"])
    expect(read("confirmed", payment)).toEqual(["下单:finish", "支付:finish", "锁车:finish", "成交:process"]);
});

test("the ledger's two sides are summed apart", () => {
  const lines = [
    { debit_fen: 500_000, credit_fen: 0 },
    { debit_fen: 0, credit_fen: 499_900 },
  ];
  expect(totals(lines)).toEqual({ debit: 500_000, credit: 499_900 });
});
