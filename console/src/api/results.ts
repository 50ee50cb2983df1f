/** What a journey led to: its figures, who is behind them, and one person's way. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import { CALM, STEADY, useOne, usePages } from "./queries";
import type { Schemas } from "./schema";

const of = (id: string, rest: string) => `staff/journeys/${id}/${rest}`;

/** A figure of a node by its port or reason. */
export type Times = Schemas["journeys.TimesOut"];
export type NodeResult = Schemas["journeys.NodeOut"];
export type Share = Schemas["journeys.ShareOut"];
export type ShareDifference = Schemas["journeys.DifferenceOut"];
export type Arm = Schemas["journeys.ArmOut"];
export type Trial = Schemas["journeys.TrialOut"];
export type Results = Schemas["journeys.ResultsOut"];
export type Walker = Schemas["journeys.WalkerOut"];
export type Visit = Schemas["journeys.VisitOut"];
export type WalkTold = Schemas["journeys.TimelineOut"];
export type Why = Schemas["journeys.WhyOut"];

/** The figures that are told by people; the others are counts alone. */
export const TOLD_BY_PEOPLE = new Set([
  "waiting", "stuck", "exited", "finished", "converted", "held_out", "sent", "delivered", "failed", "not_sent", "clicked",
]);

export function useResults(id: string, version: string | null, enabled = true) {
  const path = withQuery(of(id, "results"), { version });
  return useQuery<Results, ApiError>({ queryKey: [path], queryFn: () => api("GET", path), refetchInterval: STEADY, enabled });
}

export interface Behind {
  node: string;
  figure: string;
  detail: string | null;
  version: string | null;
  q: string | null;
}

export const useBehind = (id: string, { node, figure, detail, version, q }: Behind) =>
  usePages<Walker>(of(id, "people"), { node, figure, detail, version, q }, STEADY);
export const useWalk = (id: string, walkId: string) => useOne<WalkTold>(of(id, `walks/${walkId}`), STEADY);
export const useWhy = (id: string, customerId: string) => useOne<Why>(withQuery(of(id, "why"), { customer_id: customerId }), CALM);
export const useMessageStory = (sendId: string) => useOne<{ lines: { at: string | null; sentence: string }[] }>(`staff/sends/${sendId}/why`, CALM);

/** A marketer's try of a draft on herself. */
export type TestTold = Schemas["journeys.TestOut"];

const TESTER = "staff/journeys/tester";
const WATCHED = 2_000;

/** As which customer she tries journeys; looked at closely while a code waits to be entered. */
export const useTester = (isAwaited: boolean) =>
  useOne<{ customer_id: string | null; bound_at: string | null }>(TESTER, (told) => (isAwaited && told?.customer_id === null ? WATCHED : CALM));

export function useTesterDeeds() {
  const cache = useQueryClient();
  const stale = () => cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => path === TESTER || (typeof path === "string" && path.endsWith("/tests")) });
  return {
    code: useMutation<{ code: string; ends_at: string }, ApiError, void>({ mutationFn: () => api("POST", `${TESTER}/codes`, {}) }),
    unbind: useMutation<void, ApiError, void>({ mutationFn: () => api("DELETE", TESTER), onSettled: stale }),
  };
}

/** Her last test of a journey; null where there is none. */
export function useTest(id: string) {
  const path = of(id, "tests");
  return useQuery<TestTold | null, ApiError>({
    queryKey: [path],
    queryFn: () =>
      api<TestTold>("GET", path).catch((error: ApiError) => {
        if (error.code === "journeys.no_test") return null;
        throw error;
      }),
    refetchInterval: ({ state }) => (state.data?.status === "active" ? WATCHED : CALM),
  });
}

/** Start, wait no longer, or stop: each answers with how far the test is. */
export function useTestDeed(id: string) {
  const cache = useQueryClient();
  const path = of(id, "tests");
  return useMutation<TestTold, ApiError, { deed: "start" | "stop" } | { deed: "skip"; port: string }>({
    mutationFn: (asked) => {
      if (asked.deed === "start") return api("POST", path, {});
      return api("POST", `${path}/${asked.deed}`, asked.deed === "skip" ? { port: asked.port } : {});
    },
    onSuccess: (told) => cache.setQueryData([path], told),
  });
}
