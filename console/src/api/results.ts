/** What a journey led to: its figures, who is behind them, and one person's way. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import { CALM, STEADY, useOne, usePages } from "./queries";

const of = (id: string, rest: string) => `staff/journeys/${id}/${rest}`;

/** A figure of a node by its port or reason. */
export interface Times {
  figure: string;
  detail: string;
  label: string;
  times: number;
}

export interface NodeResult {
  node: string;
  label: string;
  entered: number;
  waiting: number;
  passed: number;
  finished: number;
  exited: number;
  moved: number;
  stuck: number;
  skipped: number;
  sent: number;
  delivered: number;
  failed: number;
  not_sent: number;
  clicked: number;
  converted: number;
  /** At the trigger alone. */
  held_out?: number;
  left_out?: number;
  by: Times[];
}

export interface Share {
  happened: number;
  people: number;
  share: number | null;
  low: number;
  high: number;
  /** False: not enough people yet for the share to say anything. */
  enough: boolean;
}

export interface ShareDifference {
  difference: number | null;
  low: number;
  high: number;
  enough: boolean;
  sure: boolean;
}

export interface Arm extends Share {
  port: string;
  label: string;
  against_first: ShareDifference | null;
}

export interface Trial {
  version: number;
  node: string;
  label: string;
  began_at: string;
  arms: Arm[];
  winner: string | null;
  decided_at: string | null;
}

export interface Results {
  versions: number[];
  nodes: NodeResult[];
  /** Without a label the journey has no goal. */
  goal: { label: string | null; walked: Share; control: Share; lift: ShareDifference | null };
  tests: Trial[];
}

export interface Walker {
  walk_id: string;
  customer_id: string;
  nickname: string | null;
  phone_masked: string | null;
  status: string;
  node: string;
  entered_at: string;
  due_at: string | null;
  why: string | null;
  /** Of a figure of messages. */
  message: { id: string } | null;
}

export interface Visit {
  node: string;
  label: string;
  arrived_at: string;
  left_at: string | null;
  port: string | null;
  port_label: string | null;
  why: string | null;
  message: { id: string; status: string; delivery: string | null; error: string | null } | null;
}

export interface WalkTold {
  walk_id: string;
  customer_id: string;
  version: number;
  status: string;
  entered_at: string;
  ended_at: string | null;
  due_at: string | null;
  why: string | null;
  converted_at: string | null;
  visits: Visit[];
}

export interface Why {
  answer: string;
  words: string;
  triggered_at: string | null;
  walks: WalkTold[];
}

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
export interface TestTold {
  walk_id: string;
  status: string;
  reason: string | null;
  stands_on: TestPlace | null;
  /** By which she may be let go on at once. */
  ports: { port: string; label: string }[];
  steps: TestStep[];
  began_at: string;
  ended_at: string | null;
}

interface TestPlace {
  node_id: string;
  label: string;
  why: string;
  due_at: string | null;
}

interface TestStep {
  node_id: string;
  label: string;
  why: string;
  arrived_at: string;
  left_at: string;
  port: string | null;
  port_label: string | null;
  skipped: string | null;
  message: { id: string; channel: string; template_key: string; status: string; delivery: string | null } | null;
}

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
