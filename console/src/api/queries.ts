/** What the pages read and do; keys are the resource path, so that an action knows what it makes stale. */
import { useInfiniteQuery, useMutation, useQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { setPlatformNow } from "../lib/time";
import { api, withQuery, type ApiError } from "./client";
import { pace } from "./live";
import type * as T from "./types";

/** How often a page that people watch asks again, in milliseconds. */
export const LIVE = 5_000;
export const STEADY = 10_000;
export const CALM = 20_000;
/** The same while a worker is at it. */
export const WATCHED = 1_500;
/** What hardly ever changes. */
export const HOUR = 3_600_000;

export const ME = ["me"] as const;

async function clocked<R extends { now: string }>(path: string): Promise<R> {
  const answer = await api<R>("GET", path);
  setPlatformNow(answer.now);
  return answer;
}

export function useMe() {
  return useQuery<T.Staff | null, ApiError>({
    queryKey: ME,
    queryFn: () => clocked<T.Staff>("staff/console/me"),
    refetchInterval: 60_000,
  });
}

/** How often to ask again, in milliseconds; some things are watched more closely while they move. */
type Every<D> = number | ((data: D | undefined) => number);

const paced =
  <D>(every: Every<D>) =>
  ({ queryKey: [path], state }: { queryKey: readonly unknown[]; state: { data: D | undefined } }) =>
    pace(path, typeof every === "number" ? every : every(state.data));

export function useOverview() {
  return useQuery<T.Overview, ApiError>({
    queryKey: ["overview"],
    queryFn: () => clocked<T.Overview>("staff/console/overview"),
    refetchInterval: paced(CALM),
  });
}

export function usePages<R>(path: string, parameters: Record<string, string | null>, every: Every<InfiniteData<T.Page<R>>>) {
  return useInfiniteQuery<T.Page<R>, ApiError, InfiniteData<T.Page<R>>, readonly unknown[], string | null>({
    queryKey: [path, parameters],
    queryFn: ({ pageParam }) => api("GET", withQuery(path, { ...parameters, cursor: pageParam })),
    initialPageParam: null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: paced(every),
    placeholderData: (previous) => previous,
  });
}

/** Everything under these paths is stale once something was done there; what was only asked for before it was done is not. */
export function useStale(...paths: string[]) {
  const cache = useQueryClient();
  return () =>
    cache.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === "string" && paths.some((one) => path.startsWith(one)) && !path.endsWith("/preview"),
    });
}

export function useOne<R>(path: string, every: Every<R>) {
  return useQuery<R, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), refetchInterval: paced(every) });
}

export const useCustomers = (q: string, tag: string | null) =>
  usePages<T.CustomerRow>("staff/customers/", { q, tag }, CALM);
export const useCustomer = (id: string) => useOne<T.Customer>(`staff/customers/${id}`, LIVE);
export const useTimeline = (id: string, group: string | null) =>
  usePages<T.TimelineItem>(`staff/customers/${id}/timeline`, { group }, LIVE);
export const useTags = () => useOne<{ items: T.Tag[] }>("staff/customers/tags", 60_000);
export const useJourneys = () => useOne<{ items: T.JourneyRow[] }>("staff/journeys/", CALM);
export const useJourney = (id: string, version: string | null) => useOne<T.Journey>(withQuery(`staff/journeys/${id}`, { version }), STEADY);
export const useWalks = (id: string, node: string | null, status: string | null) =>
  usePages<T.Walk>(`staff/journeys/${id}/walks`, { node, status }, STEADY);
export const useLeads = (status: string | null) => usePages<T.LeadRow>("staff/leads/", { status }, LIVE);
export const useLead = (id: string) => useOne<T.Lead>(`staff/leads/${id}`, LIVE);
export const useOrders = (q: string, status: string | null) => usePages<T.OrderRow>("staff/orders/", { q, status }, CALM);
export const useOrder = (id: string) => useOne<T.Order>(`staff/orders/${id}`, LIVE);

export const useWishes = (id: string) => useOne<T.Wishes>(`staff/wishes/${id}`, CALM);

export function useWish(customerId: string) {
  const cache = useQueryClient();
  return useMutation<T.Wishes, ApiError, { channel: string | null; wanted: boolean; text_version?: string }>({
    mutationFn: (body) => api("PUT", `staff/wishes/${customerId}`, body),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: [`staff/wishes/${customerId}`] }),
        cache.invalidateQueries({ queryKey: [`staff/customers/${customerId}`] }),
      ]),
  });
}

export function useMergePreview(customerId: string, otherId: string | null) {
  return useQuery<T.Merge, ApiError>({
    queryKey: [`staff/customers/${customerId}/merge`, otherId],
    queryFn: ({ signal }) => api("POST", `staff/customers/${customerId}/merge/preview`, { other_id: otherId }, signal),
    enabled: otherId !== null,
    retry: false,
  });
}

export function useMerge(customerId: string) {
  const cache = useQueryClient();
  return useMutation<void, ApiError, string>({
    mutationFn: (otherId) => api("POST", `staff/customers/${customerId}/merge`, { other_id: otherId }),
    onSettled: () => cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith("staff/customers/") }),
  });
}

export const usePastMerges = (customerId: string) => useOne<{ items: T.PastMerge[] }>(`staff/customers/${customerId}/merge`, CALM);

export function useUndoMerge(customerId: string) {
  return useMutation<void, ApiError, string>({
    mutationFn: (mergeId) => api("POST", `staff/customers/${customerId}/merge/${mergeId}/undo`, {}),
    onSettled: useStale("staff/customers/"),
  });
}

export function useLogin() {
  const cache = useQueryClient();
  return useMutation<{ staff: T.Staff }, ApiError, { username: string; password: string; code?: string }>({
    mutationFn: (body) => api("POST", "public/staff/login", body),
    onSuccess: async () => {
      cache.clear();
      // Whatever it answers is for `RequireSession` to say: she is signed in, also where she has to choose her own password first.
      await cache.prefetchQuery({ queryKey: ME, queryFn: () => clocked<T.Staff>("staff/console/me") });
    },
  });
}

/** Ends with a fresh page, so that nothing of this person stays in memory for the next. */
export function useLogout() {
  return useMutation<void, ApiError>({
    mutationFn: () => api("DELETE", "staff/session/"),
    onSuccess: () => location.assign(`${import.meta.env.BASE_URL}login`),
  });
}

export function useTagChange(customerId: string) {
  const cache = useQueryClient();
  const path = `staff/customers/${customerId}`;
  return useMutation<unknown, ApiError, { tag: T.Tag; add: boolean }>({
    mutationFn: ({ tag, add }) =>
      add ? api("POST", `${path}/tags`, { tag: tag.key }) : api("DELETE", `${path}/tags/${encodeURIComponent(tag.key)}`),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: [path] }),
        cache.invalidateQueries({ queryKey: [`${path}/timeline`] }),
        cache.invalidateQueries({ queryKey: ["staff/customers/"] }),
      ]),
  });
}

export function useOrderAction(orderId: string) {
  const cache = useQueryClient();
  return useMutation<unknown, ApiError, { action: T.OrderAction; reason?: string; amount_fen?: number }>({
    mutationFn: ({ action, ...body }) => api("POST", `staff/orders/${orderId}/${action}`, body),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: [`staff/orders/${orderId}`] }),
        cache.invalidateQueries({ queryKey: ["staff/orders/"] }),
      ]),
  });
}

export function useLeadAction(leadId: string) {
  const cache = useQueryClient();
  return useMutation<unknown, ApiError, { action: T.LeadAction; at?: string }>({
    mutationFn: ({ action, ...body }) => api("POST", `staff/leads/${leadId}/${action}`, body),
    onSettled: () =>
      Promise.all([
        cache.invalidateQueries({ queryKey: [`staff/leads/${leadId}`] }),
        cache.invalidateQueries({ queryKey: ["staff/leads/"] }),
      ]),
  });
}
