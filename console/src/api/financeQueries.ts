/** What the pages of money read and do. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import * as F from "./finance";
import { CALM, LIVE, STEADY, useOne, usePages } from "./queries";

const RUNS = "staff/payments/reconciliations";
const DIFFERENCES = "staff/payments/differences";
const REFUNDS = "staff/payments/refunds";
const INCIDENTS = "staff/payments/incidents";
const LEDGER = "staff/payments/ledger";

export type EntryFilters = Record<"account" | "kind" | "q" | "since" | "until", string | null>;

/** While a bar moves. */
const FAST = 2_000;

const pace = (runs: F.Run[]) => (runs.some((run) => F.isRunning(run.status)) ? FAST : CALM);

export const useRuns = (status: string | null) =>
  usePages<F.Run>(RUNS, { status }, (data) => pace(data?.pages.flatMap((page) => page.items) ?? []));
export const useRun = (id: string) => useOne<F.RunDetail>(`${RUNS}/${id}`, (run) => pace(run ? [run] : []));
export const useDifferences = (filters: Record<"reconciliation_id" | "kind" | "status" | "q", string | null>) =>
  usePages<F.Difference>(DIFFERENCES, filters, STEADY);
export const useRefunds = (q: string, status: string | null) => usePages<F.RefundRow>(REFUNDS, { q, status }, STEADY);
export const useRefund = (id: string) => useOne<F.Refund>(`staff/refunds/${id}`, LIVE);
export const useTotals = () => useOne<F.Totals>("staff/payments/totals", CALM);
export const useEntries = (filters: EntryFilters) => usePages<F.Entry>(LEDGER, filters, CALM);
export const useTasks = (status: string, q: string | null) => usePages<F.Task>(INCIDENTS, { status, q }, STEADY);

/** Where the browser saves a list as a file; the session's cookie goes along. */
export const exportOf = (id: string, what: "differences" | "lines") => `/api/${RUNS}/${id}/${what}.csv`;

export const ledgerExport = (filters: EntryFilters) => `/api/${withQuery(`${LEDGER}.csv`, filters)}`;

/** What was done about money shows in many places: all of them ask again. */
function useDone() {
  const cache = useQueryClient();
  return () =>
    cache.invalidateQueries({
      predicate: ({ queryKey: [key] }) => typeof key === "string" && (key.startsWith("staff/payments/") || key.startsWith("staff/refunds/") || key === "overview"),
    });
}

/** Without an account: all of the brand's. */
export function useRunAgain() {
  const done = useDone();
  return useMutation<unknown, ApiError, { bill_on: string; account_id?: string }>({
    mutationFn: (body) => api("POST", `${RUNS}/run`, body),
    onSettled: done,
  });
}

export function useResolveDifference() {
  const done = useDone();
  return useMutation<unknown, ApiError, { id: string; action: string; note: string }>({
    mutationFn: ({ id, ...body }) => api("POST", `${DIFFERENCES}/${id}/resolve`, body),
    onSettled: done,
  });
}

export function useResolve() {
  const done = useDone();
  return useMutation<unknown, ApiError, { id: string; action: "refund" | "by_hand"; note: string }>({
    mutationFn: ({ id, ...body }) => api("POST", `${INCIDENTS}/${id}/resolve`, body),
    onSettled: done,
  });
}

/** The card goes to WeChat Pay and is kept nowhere. */
export function useRedirect(id: string) {
  const done = useDone();
  return useMutation<unknown, ApiError, F.Target>({ mutationFn: (target) => api("POST", `${REFUNDS}/${id}/abnormal`, target), onSettled: done });
}
