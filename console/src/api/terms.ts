/** Deposit terms: what the doors give and take, and what the page does with them. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, useOne, usePages } from "./queries";
import type { Schemas } from "./schema";

export type DepositType = Schemas["orders.PolicyIn"]["deposit_type"];
export type RefundRule = Schemas["orders.PolicyIn"]["refund_rule"];
export type PayeeKind = Schemas["orders.PolicyIn"]["payee"];

export type PolicyDraft = Schemas["orders.PolicyIn"];

/** Of a preview nothing is kept: it alone has no id. */
export type Previewed = Schemas["orders.PolicyOut"];
export type Policy = Previewed & { id: string };
export type DealerRow = Schemas["console.DealerRowOut"];

const TERMS = "staff/deposit-terms/";

export const usePolicies = () => usePages<Policy>(TERMS, { limit: "100" }, CALM);
export const useDealers = () => useOne<{ items: DealerRow[] }>("staff/console/dealers", CALM);

export function usePreview() {
  return useMutation<Previewed, ApiError, PolicyDraft>({ mutationFn: (draft) => api("POST", `${TERMS}preview`, draft) });
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
