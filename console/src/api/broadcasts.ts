/** One message to many: what the doors of broadcasts give and take, and what the pages do with them. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, HOUR, useOne, usePages } from "./queries";
import type { Schemas } from "./schema";

const BROADCASTS = "staff/broadcasts/";

/** How often a page asks while messages leave, in milliseconds. */
const WATCHED = 1_500;

export type BroadcastStatus = Schemas["broadcasts.BroadcastOut"]["status"];

export type Rung = Schemas["broadcasts.RungOut"];

export type BroadcastAudience = { kind: "segment"; segment_id: string } | { kind: "tag"; tag: string } | { kind: "list" };

export interface BroadcastDraft {
  name: string;
  purpose: "marketing" | "transactional";
  audience: BroadcastAudience;
  ladder: Rung[];
  expires_hours: number;
  per_minute: number | null;
}

export type Broadcast = Omit<Schemas["broadcasts.BroadcastOut"], "audience"> & { audience: BroadcastAudience };

export type BroadcastRow = Broadcast & Pick<Schemas["broadcasts.BroadcastRowOut"], "share">;
export type Reason = Schemas["broadcasts.ReasonOut"];
export type Progress = Schemas["broadcasts.ProgressOut"];

export type BroadcastPage = Broadcast & Pick<Schemas["broadcasts.BroadcastDetailOut"], "progress">;
export type BroadcastForecast = Schemas["broadcasts.ForecastOut"];

const moves = (status: BroadcastStatus | undefined) => status === "sending" || status === "scheduled";

export const useBroadcasts = (filters: Record<string, string | null>) =>
  usePages<BroadcastRow>(BROADCASTS, filters, (data) => (data?.pages.some((page) => page.items.some((one) => moves(one.status))) ? 4_000 : CALM));
export const useBroadcast = (id: string) => useOne<BroadcastPage>(`${BROADCASTS}${id}`, (one) => (moves(one?.status) ? WATCHED : CALM));
export const useBroadcastForecast = (id: string) => useOne<BroadcastForecast>(`${BROADCASTS}${id}/forecast`, HOUR);
export const peopleFile = (id: string) => `/api/${BROADCASTS}${id}/people.csv`;

/** What would become of it if it began now; its name changes nothing. The question before it is dropped when the draft changes. */
export function useDraftForecast(draft: Omit<BroadcastDraft, "name"> | null) {
  return useQuery<BroadcastForecast, ApiError>({
    queryKey: [`${BROADCASTS}forecast`, draft],
    queryFn: ({ signal }) => api("POST", `${BROADCASTS}forecast`, { ...draft, name: "-" }, signal),
    enabled: draft !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  });
}

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith(BROADCASTS) && path !== `${BROADCASTS}forecast` });
}

export function useSaveBroadcast(id: string | null) {
  return useMutation<Broadcast, ApiError, BroadcastDraft>({
    mutationFn: (draft) => (id === null ? api("POST", BROADCASTS, draft) : api("PUT", `${BROADCASTS}${id}`, draft)),
    onSettled: useStale(),
  });
}

export type BroadcastStep = "schedule" | "unschedule" | "pause" | "resume" | "cancel" | "trial";

export function useBroadcastStep() {
  return useMutation<unknown, ApiError, { id: string; step: BroadcastStep; body?: object }>({
    mutationFn: ({ id, step, body }) => api("POST", `${BROADCASTS}${id}/${step}`, body ?? {}),
    onSettled: useStale(),
  });
}
