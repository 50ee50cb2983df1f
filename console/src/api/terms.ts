/** Deposit terms: what the doors give and take, and what the page does with them. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, useOne, usePages } from "./queries";
import type { Named } from "./types";

export type DepositType = "intent_deposit" | "deposit" | "earnest_money";
export type RefundRule = "full" | "forfeit";
export type PayeeKind = "brand" | "dealer";

export interface PolicyDraft {
  dealer_id: string | null;
  deposit_type: DepositType;
  amount_fen: number;
  pay_minutes: number;
  hold_hours: number;
  extension_hours: number;
  active_per_customer: number;
  refund_rule: RefundRule;
  payee: PayeeKind;
  /** Without them the platform words the terms, and names the version after the day. */
  text: string | null;
  version?: string;
}

export interface Policy extends Omit<PolicyDraft, "dealer_id" | "text" | "version"> {
  /** Null in a preview, of which nothing is kept. */
  id: string;
  dealer: Named | null;
  version: string;
  text: string;
  payee_name: string;
  created_at: string | null;
  ended_at: string | null;
  is_in_force: boolean;
}

export interface DealerRow extends Named {
  city: string;
  takes_money: boolean;
}

const TERMS = "staff/deposit-terms/";

export const usePolicies = () => usePages<Policy>(TERMS, { limit: "100" }, CALM);
export const useDealers = () => useOne<{ items: DealerRow[] }>("staff/console/dealers", CALM);

export function usePreview() {
  return useMutation<Policy, ApiError, PolicyDraft>({ mutationFn: (draft) => api("POST", `${TERMS}preview`, draft) });
}

function useChanged() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ queryKey: [TERMS] });
}

export function usePublish() {
  const changed = useChanged();
  return useMutation<Policy, ApiError, PolicyDraft>({ mutationFn: (draft) => api("POST", TERMS, draft), onSettled: changed });
}

export function useEndTerms() {
  const changed = useChanged();
  return useMutation<Policy, ApiError, string>({ mutationFn: (id) => api("POST", `${TERMS}${id}/end`, {}), onSettled: changed });
}
