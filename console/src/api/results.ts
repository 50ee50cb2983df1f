/** What a journey led to: its figures, who is behind them, and one person's way. */
import { useQuery } from "@tanstack/react-query";
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
export const TOLD_BY_PEOPLE = new Set(["waiting", "stuck", "exited", "finished", "converted", "held_out"]);

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
