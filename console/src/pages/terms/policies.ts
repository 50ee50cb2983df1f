/** Terms as the form holds them, as the doors take them, and in the order in which people look for them. */
import type { DepositType, PayeeKind, Policy, PolicyDraft, RefundRule } from "../../api/terms";
import { fenOf } from "../../lib/money";
import { t } from "../../texts";

export function scopeOf(policy: Pick<Policy, "dealer">): string {
  return policy.dealer?.name ?? t.terms.brandWide;
}

/** The brand's first, then dealers by name: as people look for them. */
export function inForce(policies: Policy[]): Policy[] {
  return policies
    .filter((policy) => policy.is_in_force)
    .sort((a, b) => Number(a.dealer !== null) - Number(b.dealer !== null) || scopeOf(a).localeCompare(scopeOf(b), "zh-CN"));
}

export interface Fields {
  scope: "brand" | "dealer";
  dealer_id?: string;
  deposit_type: DepositType;
  amount: string;
  pay_minutes: number;
  hold_hours: number;
  extension_hours: number;
  active_per_customer: number;
  refund_rule: RefundRule;
  payee: PayeeKind;
  wording: "ours" | "own";
  text?: string;
}

const FIRST: Partial<Fields> = {
  scope: "brand",
  deposit_type: "intent_deposit",
  refund_rule: "full",
  payee: "brand",
  pay_minutes: 15,
  hold_hours: 72,
  extension_hours: 72,
  active_per_customer: 1,
  wording: "ours",
};

/** What the form begins with: what was filled in before, else the terms that are changed. */
export function fieldsOf(source: Policy | PolicyDraft | null): Partial<Fields> {
  if (!source) return FIRST;
  const dealer_id = "dealer" in source ? source.dealer?.id : (source.dealer_id ?? undefined);
  const own = "dealer" in source ? null : source.text;
  return {
    scope: dealer_id ? "dealer" : "brand",
    dealer_id,
    deposit_type: source.deposit_type,
    amount: (source.amount_fen / 100).toString(),
    pay_minutes: source.pay_minutes,
    hold_hours: source.hold_hours,
    extension_hours: source.extension_hours,
    active_per_customer: source.active_per_customer,
    refund_rule: source.refund_rule,
    payee: source.payee,
    wording: own ? "own" : "ours",
    text: own ?? undefined,
  };
}

/** What the doors take; only earnest money may be forfeited, whatever the hidden field still says. */
export function draftOf(fields: Fields): PolicyDraft {
  return {
    dealer_id: fields.scope === "dealer" ? (fields.dealer_id ?? null) : null,
    deposit_type: fields.deposit_type,
    amount_fen: fenOf(fields.amount) ?? 0,
    pay_minutes: fields.pay_minutes,
    hold_hours: fields.hold_hours,
    extension_hours: fields.extension_hours,
    active_per_customer: fields.active_per_customer,
    refund_rule: fields.deposit_type === "earnest_money" ? fields.refund_rule : "full",
    payee: fields.payee,
    text: fields.wording === "own" ? (fields.text?.trim() ?? null) : null,
  };
}
