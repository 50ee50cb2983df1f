import { expect, test } from "vitest";
import type { PlanDraft, PlanRow } from "../../api/plans";
import { daysOf, draftOf, fieldsOf, termsOf, type Fields } from "./fields";

const plan: PlanDraft = {
  ...{ name: "气球贷", kind: "balloon", term_months: 36, annual_rate_bp: 459, subsidised_rate_bp: 0, fee_bp: 100 },
  ...{ min_down_payment_percent: 30, max_down_payment_percent: 70, final_percent: 40, final_separately: true, in_advance: false },
  ...{ conditions: ["new"], series: ["j5"], model_year_min: 2024, model_year_max: null, price_min_fen: 20_000_000, price_max_fen: null },
  ...{ valid_from: "2026-11-01", valid_until: null },
};

test("a plan fills its form in percents and yuan, and comes out as it went in", () => {
  const fields = fieldsOf(plan) as Fields;
  expect([fields.annual_rate_bp, fields.fee_bp, fields.price_min_fen]).toEqual([4.59, 1, 200_000]);
  expect(draftOf(fields)).toEqual(plan);
});

test("of a plan's page only the terms are sent to be reckoned with", () => {
  const page = { ...plan, kind: { key: "balloon", label: "气球贷" }, id: "1", version: 2, cars: 9, versions: [], replaces: null };
  expect(termsOf(page as unknown as PlanRow)).toEqual(plan);
});

test("what belongs to another kind is left out, whatever was typed before", () => {
  const fields = { ...(fieldsOf(plan) as Fields), kind: "zero_rate", subsidised_rate_bp: 4.59 } as const;
  expect(draftOf(fields)).toMatchObject({ annual_rate_bp: 0, final_percent: 0, final_separately: false, subsidised_rate_bp: 459 });
  expect(draftOf({ ...fields, kind: "annuity" })).toMatchObject({ annual_rate_bp: 459, subsidised_rate_bp: 0 });
});

test("a rate of two decimals is no other one in basis points", () => {
  for (let bp = 0; bp <= 2400; bp += 1) expect(draftOf({ ...(fieldsOf(plan) as Fields), annual_rate_bp: bp / 100 }).annual_rate_bp).toBe(bp);
});

test("days without an end are told as such", () => {
  expect(daysOf({ valid_from: null, valid_until: null })).toBe("长期有效");
  expect(daysOf(plan)).toBe("2026-11-01 – 长期");
});
