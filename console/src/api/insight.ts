/** Insight: how many people took which step, and who they are. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import { HOUR, useOne, usePages, useStale } from "./queries";
import type { Person } from "./types";
import type { Schemas } from "./schema";

const FUNNEL = "staff/insight/funnel";
/** The platform reads facts every few minutes. */
const MINUTE = 60_000;

export type Choice = Schemas["console.ChoiceOut"];
export type Funnel = Schemas["console.FunnelOut"];

export type Asked = Record<"since" | "until", string> & Partial<Record<"store_id" | "series_id" | "channel", string | null>>;

export function useFunnel(asked: Asked, by: string) {
  const path = withQuery(FUNNEL, { ...asked, by });
  return useQuery<Funnel, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), refetchInterval: MINUTE, placeholderData: keepPreviousData });
}

export type League = Schemas["console.LeagueOut"];
export type LeagueAsked = Record<"since" | "until" | "sort", string>;

export function useLeague(asked: LeagueAsked, page: number) {
  const path = withQuery("staff/insight/league", { ...asked, page: String(page) });
  return useQuery<League, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), refetchInterval: MINUTE, placeholderData: keepPreviousData });
}

export type Attribution = Schemas["console.AttributionOut"];
export type AttributionAsked = Record<"since" | "until" | "window_days", string>;

export function useAttribution(asked: AttributionAsked) {
  const path = withQuery("staff/insight/attribution", asked);
  return useQuery<Attribution, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), placeholderData: keepPreviousData });
}

export type Sharing = Schemas["console.SharingOut"];

export function useSharing(days: Record<"since" | "until", string>, page: number) {
  const path = withQuery("staff/insight/sharing", { ...days, page: String(page) });
  return useQuery<Sharing, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), placeholderData: keepPreviousData });
}

const ANOMALIES = "staff/insight/anomalies";

export type Anomalies = Schemas["console.AnomaliesOut"];
export type Anomaly = Anomalies["items"][number];
export type Counted = Schemas["console.CountedOut"];

export function useAnomalies(asked: Record<"figure" | "store_id" | "is_seen", string | null>, page: number) {
  const path = withQuery(ANOMALIES, { ...asked, page: String(page) });
  return useQuery<Anomalies, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), refetchInterval: MINUTE, placeholderData: keepPreviousData });
}

export const useCounted = (id: string) => usePages<Counted>(`${ANOMALIES}/${id}/counted`, {}, MINUTE);

export function useSeen() {
  return useMutation<Anomaly, ApiError, { id: string; seen: boolean }>({
    mutationFn: ({ id, seen }) => api(seen ? "POST" : "DELETE", `${ANOMALIES}/${id}/seen`),
    onSettled: useStale(ANOMALIES),
  });
}

export const useFunnelChoices = () => useOne<Record<"stores" | "series" | "channels", Choice[]>>(`${FUNNEL}/choices`, HOUR);
export const useFunnelPeople = (asked: Asked, step: string) => usePages<Person>(`${FUNNEL}/people`, { ...asked, step }, MINUTE);

export type Brought = Schemas["console.BroughtRowOut"];

/** Whom somebody's shares brought. */
export const useBrought = (customerId: string) => usePages<Brought>(`staff/customers/${customerId}/brought`, {}, MINUTE);
