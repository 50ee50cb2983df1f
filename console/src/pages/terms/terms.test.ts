import { expect, test } from "vitest";
import type { Policy } from "../../api/terms";
import { draftOf, fieldsOf, inForce, type Fields } from "./policies";

const policy = (id: string, dealer: string | null, is_in_force = true) =>
  ({ id, dealer: dealer && { id: dealer, name: dealer }, is_in_force, deposit_type: "earnest_money", amount_fen: 123_450, refund_rule: "forfeit", payee: "dealer", pay_minutes: 15, hold_hours: 48, extension_hours: 0, active_per_customer: 2 }) as Policy;

test("what is in force begins with the brand's, then dealers by name", () => {
  const all = [policy("1", "上海"), policy("2", null, false), policy("3", "北京"), policy("4", null)];
  expect(inForce(all).map((one) => one.id)).toEqual(["4", "3", "1"]);
});

test("terms that are changed fill the form, and come out as they went in", () => {
  const fields = fieldsOf(policy("1", "上海")) as Fields;
  expect([fields.scope, fields.amount, fields.wording]).toEqual(["dealer", "1234.5", "ours"]);
  expect(draftOf(fields)).toMatchObject({ dealer_id: "上海", amount_fen: 123_450, refund_rule: "forfeit", extension_hours: 0, text: null });
});

test("only earnest money is forfeited, and only a dealer's terms name a dealer", () => {
  const fields = { ...(fieldsOf(policy("1", "上海")) as Fields), deposit_type: "deposit", scope: "brand" } as const;
  expect(draftOf(fields)).toMatchObject({ refund_rule: "full", dealer_id: null });
});
