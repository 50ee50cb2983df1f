/** The finance plans of the brand: drafts, what is in force, every version; and what a consumer would read of one. */
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, HOUR, useOne, usePages, useStale } from "./queries";
import type { Schemas } from "./schema";

const PLANS = "staff/finance-plans/";

export type PlanRow = Schemas["vehicles.PlanRowOut"];
export type Plan = Schemas["vehicles.PlanPageOut"];
export type PlanState = PlanRow["state"];
export type PlanDraft = Required<Schemas["vehicles.PlanIn"]>;
export type PlanKind = PlanDraft["kind"];
export type PlanChoices = Schemas["vehicles.PlanChoicesOut"];
export type PlanPreview = Schemas["vehicles.PlanPreviewOut"];
/** Plan, price, and the down payment unless it is to be the least. */
export type Asked = PlanDraft & { price_fen: number; down_payment_fen?: number };

export const usePlans = (filters: Record<string, string | null>) => usePages<PlanRow>(PLANS, filters, CALM);
export const usePlan = (id: string) => useOne<Plan>(`${PLANS}${id}`, CALM);
export const usePlanChoices = () => useOne<PlanChoices>(`${PLANS}choices`, HOUR);

/** By the same calculator that consumers are answered by; what was shown stays until the next is there. */
export function usePlanPreview(asked: Asked | null) {
  return useQuery<PlanPreview, ApiError>({
    queryKey: [`${PLANS}preview`, asked],
    queryFn: ({ signal }) => api("POST", `${PLANS}preview`, asked, signal),
    enabled: asked !== null,
    placeholderData: (before) => before,
    retry: false,
  });
}

/** Keeps a new draft, or `read` as it is to be, if it is still as it was read. */
export function useSavePlan(read: Plan | null) {
  return useMutation<Plan, ApiError, PlanDraft>({
    mutationFn: (draft) => (read ? api("PUT", `${PLANS}${read.id}`, { ...draft, revision: read.revision }) : api("POST", PLANS, draft)),
    onSettled: useStale(PLANS),
  });
}

export function usePlanStep({ id, revision, replaces }: Plan) {
  const bodies = { publish: { revision, replaces_id: replaces?.id ?? null }, discard: { revision }, end: {} };
  return useMutation<Plan | undefined, ApiError, keyof typeof bodies>({
    mutationFn: (step) => api("POST", `${PLANS}${id}/${step}`, bodies[step]),
    onSettled: useStale(PLANS, "staff/settings/history"),
  });
}
