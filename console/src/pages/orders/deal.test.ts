import { expect, test } from "vitest";
import type { Order } from "../../api/types";
import { effectsOf, extendedUntil, refusalsOf } from "./effects";

const order = (more: Partial<Order> = {}) =>
  ({
    deposit_type: "intent_deposit",
    refundable_fen: 500_000,
    extension_hours: 72,
    reservation: { status: "hard_held", expires_at: "2026-11-22T06:00:00Z" },
    ...more,
  }) as Order;

const said = (...of: Parameters<typeof effectsOf>) => effectsOf(...of).map(([, effect]) => effect);

test("an extension counts from the end of the hold, and says until when", () => {
  expect(extendedUntil("2026-11-22T06:00:00Z", 72)).toBe("2026-11-25T06:00:00.000Z");
  expect(said("extend", order())[0]).toContain("11月25日 14:00");
});

test("declining says that the car is on sale again and that all goes back", () => {
  const [car, money] = said("decline", order());
  expect(car).toContain("恢复在售");
  expect(money).toContain("¥5,000.00 全额原路退回");
});

test("nobody is promised money back that was never paid", () => {
  expect(said("decline", order({ refundable_fen: 0 }))[1]).toContain("尚未付款");
});

test("who ends a deal with earnest money is told what it may cost", () => {
  expect(said("sold-offline", order({ deposit_type: "earnest_money" }))[1]).toContain("双倍");
  expect(said("sold-offline", order())[1]).not.toContain("双倍");
});

test("one reason that refuses several actions is said once", () => {
  expect(
    refusalsOf([
      { action: "confirm", refusal: "客户还没有付款" },
      { action: "extend", refusal: "客户还没有付款" },
      { action: "decline", refusal: null },
      { action: "refund", refusal: "没有可退的款项" },
    ]),
  ).toEqual([
    ["客户还没有付款", ["确认有车", "延长占用"]],
    ["没有可退的款项", ["部分退款"]],
  ]);
});
