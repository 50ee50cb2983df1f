/** A plan as its form has it (percents, yuan), as the doors take it (basis points, fen), and in words. */
import type { PlanDraft, PlanKind, PlanRow } from "../../api/plans";
import { yuan } from "../../lib/money";
import { t } from "../../texts";

const p = t.plans;
const BP = 100;
const FEN = 100;

/** Each under the name that the doors have for it, so that what they refuse is shown where it is typed. */
export type Fields = Omit<PlanDraft, "valid_from" | "valid_until"> & { valid_from?: string | null; valid_until?: string | null };

const FIRST: Partial<Fields> = {
  kind: "annuity",
  term_months: 36,
  min_down_payment_percent: 20,
  max_down_payment_percent: 100,
  fee_bp: 0,
  conditions: [],
  series: [],
};

const RATES = ["annual_rate_bp", "subsidised_rate_bp", "fee_bp"] as const;
const PRICES = ["price_min_fen", "price_max_fen"] as const;

export const hasFinal = (kind: PlanKind | undefined) => kind === "balloon" || kind === "lease";

/** What the doors take of a plan that is there; they refuse whatever else its page tells. */
export function termsOf({ kind, ...plan }: PlanRow): PlanDraft {
  const { name, term_months, annual_rate_bp, subsidised_rate_bp, fee_bp, min_down_payment_percent, max_down_payment_percent } = plan;
  const { final_percent, final_separately, in_advance, conditions, series, model_year_min, model_year_max } = plan;
  const { price_min_fen, price_max_fen, valid_from, valid_until } = plan;
  return {
    ...{ name, kind: kind.key as PlanKind, term_months, annual_rate_bp, subsidised_rate_bp, fee_bp },
    ...{ min_down_payment_percent, max_down_payment_percent, final_percent, final_separately, in_advance },
    ...{ conditions, series, model_year_min, model_year_max, price_min_fen, price_max_fen, valid_from, valid_until },
  };
}

export function fieldsOf(terms: PlanDraft | null): Partial<Fields> {
  if (!terms) return FIRST;
  const fields: Fields = { ...terms };
  for (const name of RATES) fields[name] = terms[name] / BP;
  for (const name of PRICES) fields[name] = terms[name] === null ? null : terms[name] / FEN;
  return fields;
}

/** What belongs to another kind is left out, whatever the hidden fields still say. */
export function draftOf(fields: Fields): PlanDraft {
  const { kind } = fields;
  const rate = (name: (typeof RATES)[number]) => Math.round((fields[name] ?? 0) * BP);
  const price = (name: (typeof PRICES)[number]) => (fields[name] ? Math.round(fields[name] * FEN) : null);
  return {
    kind,
    name: fields.name.trim(),
    term_months: fields.term_months,
    annual_rate_bp: kind === "zero_rate" ? 0 : rate("annual_rate_bp"),
    subsidised_rate_bp: kind === "zero_rate" ? rate("subsidised_rate_bp") : 0,
    fee_bp: rate("fee_bp"),
    min_down_payment_percent: fields.min_down_payment_percent,
    max_down_payment_percent: fields.max_down_payment_percent,
    final_percent: hasFinal(kind) ? (fields.final_percent ?? 0) : 0,
    final_separately: kind === "balloon" && Boolean(fields.final_separately),
    in_advance: kind === "lease" && Boolean(fields.in_advance),
    conditions: fields.conditions ?? [],
    series: fields.series ?? [],
    model_year_min: fields.model_year_min ?? null,
    model_year_max: fields.model_year_max ?? null,
    price_min_fen: price("price_min_fen"),
    price_max_fen: price("price_max_fen"),
    valid_from: fields.valid_from || null,
    valid_until: fields.valid_until || null,
  };
}

export const percentOf = (bp: number) => `${(bp / BP).toFixed(2)}%`;

export function daysOf({ valid_from, valid_until }: Pick<PlanDraft, "valid_from" | "valid_until">): string {
  if (!valid_from && !valid_until) return p.always;
  return `${valid_from ?? p.fromNow} – ${valid_until ?? p.openEnd}`;
}

const between = (low: string | null, high: string | null, any: string) => (low && high ? `${low} – ${high}` : low ? p.from(low) : high ? p.upTo(high) : any);

/** For which cars: all that shuts one out, in words. */
export function forWhat(terms: PlanDraft, named: (key: string) => string, condition: (key: string) => string): [string, string][] {
  const year = (one: number | null) => (one === null ? null : String(one));
  const price = (one: number | null) => (one === null ? null : yuan(one));
  return [
    [p.fields.series, terms.series.map(named).join("、") || p.anySeries],
    [p.fields.conditions, terms.conditions.map(condition).join("、") || p.anyCondition],
    [p.fields.years, between(year(terms.model_year_min), year(terms.model_year_max), p.anyYear)],
    [p.fields.prices, between(price(terms.price_min_fen), price(terms.price_max_fen), p.anyPrice)],
  ];
}

/** What she pays: the terms in words. */
export function whatIsPaid(terms: PlanDraft, kindLabel: string): [string, string][] {
  const facts: [string, string][] = [
    [p.fields.kind, kindLabel],
    [p.fields.term, p.months(terms.term_months)],
    [p.fields.rate, percentOf(terms.annual_rate_bp)],
    [p.fields.down, `${terms.min_down_payment_percent}% – ${terms.max_down_payment_percent}%`],
  ];
  if (hasFinal(terms.kind)) facts.push([terms.kind === "lease" ? p.fields.residual : p.fields.balloon, p.ofPrice(terms.final_percent)]);
  if (terms.kind === "balloon") facts.push([p.fields.separately, terms.final_separately ? p.apart : p.together]);
  if (terms.kind === "lease") facts.push([p.fields.advance, terms.in_advance ? p.atBeginning : p.atEnd]);
  if (terms.kind === "zero_rate") facts.push([p.fields.subsidy, terms.subsidised_rate_bp ? percentOf(terms.subsidised_rate_bp) : t.common.none]);
  return [...facts, [p.fields.fee, terms.fee_bp ? percentOf(terms.fee_bp) : t.common.none], [p.fields.days, daysOf(terms)]];
}
