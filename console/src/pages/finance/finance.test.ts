import { expect, test } from "vitest";
import { lies } from "../../lib/money";
import { mayDealWithMoney } from "./roles";
import { detailsOf, sidesOf } from "./words";

const sums = (payments: number, payments_fen: number, refunds: number, refunds_fen: number) => ({ payments, payments_fen, refunds, refunds_fen });

test("both sides of a day are set against each other, the net amount last", () => {
  const sides = sidesOf({ ours: sums(2, 200_000, 1, 50_000), theirs: { ...sums(3, 300_000, 1, 50_000), fee_fen: 0 } });
  expect(sides.map(([, ours, theirs]) => theirs - ours)).toEqual([1, 100_000, 0, 0, 100_000]);
  expect(sides.at(-1)?.slice(1, 3)).toEqual([150_000, 250_000]);
});

test("a day that is not compared so far has no sides", () => {
  expect(sidesOf({ ours: null, theirs: null })).toEqual([]);
});

test("a balance says on which side it lies", () => {
  expect([lies(500_000, 200_000), lies(0, 100_000), lies(7, 7)]).toEqual(["借 ¥3,000.00", "贷 ¥1,000.00", "¥0.00"]);
});

test("what was asked and what was told are set side by side, amounts in yuan", () => {
  expect(detailsOf({ amount_fen: { asked: 100_000, told: 99_999 } })).toEqual(["金额：我方 ¥1,000.00，微信 ¥999.99"]);
  expect(detailsOf({ currency: { asked: "CNY", told: null }, error: "NOT_ENOUGH" })).toEqual(["币种：我方 CNY，微信 —", "微信答复：NOT_ENOUGH"]);
});

test("only administrators and finance deal with money", () => {
  const roles = ["admin", "finance", "marketer", "dealer_manager", "adviser"] as const;
  expect(roles.filter((role) => mayDealWithMoney({ role }))).toEqual(["admin", "finance"]);
});
