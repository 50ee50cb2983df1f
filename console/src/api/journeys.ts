/** Journeys as marketers draw and run them: what the doors give and take, and what the pages do with them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DraftGraph, Port } from "../lib/graph";
import { api, withQuery, type ApiError } from "./client";
import { CALM, useOne, usePages } from "./queries";
import type { CustomerRow, JourneyRow, Named } from "./types";

const JOURNEYS = "staff/journeys/";
const of = (id: string, rest = "") => `${JOURNEYS}${id}${rest}`;

/** One field of a form as the platform describes it. */
export interface FormField {
  name: string;
  label: string;
  hint: string | null;
  type: string;
  many: boolean;
  required: boolean;
  choices?: { value: string; label: string }[];
  min?: number | null;
  max?: number | null;
  fields?: FormField[];
  /** Asked only beside these values of other settings. */
  when?: Record<string, unknown[]>;
}

/** The part of a JSON Schema that forms have no word for. */
export interface KindSchema {
  properties?: Record<string, { default?: unknown; "x-reference"?: string; "x-channel"?: string; "x-channel-field"?: string }>;
}

export interface Kind {
  kind: string;
  label: string;
  group?: string;
  form: FormField[];
  schema?: KindSchema;
  rests?: boolean;
  acts?: boolean;
  ports?: Port[] | null;
}

export interface Palette {
  groups?: { group: string; label: string }[];
  events?: { value: string; label: string }[];
  channels?: { value: string; label: string; to: string }[];
  nodes: Kind[];
  triggers: Kind[];
  conditions: Kind[];
  rules: FormField[];
}

export interface Draft extends Named {
  key: string;
  status: string;
  archived_at: string | null;
  revision: number;
  saved_by: string | null;
  saved_at: string;
  graph: DraftGraph;
}

export interface Problem {
  code?: string;
  node: string | null;
  field: string | null;
  message: string;
}

export interface Checked {
  errors: Problem[];
  warnings: Problem[];
}

export interface Part {
  part: "nodes" | "triggers" | "conditions";
  kind: string;
  config: Record<string, unknown>;
}

export interface Described {
  summary: string | null;
  ports: Port[] | null;
  problems: { field: string; message: string }[];
}

export interface Changed {
  field: string;
  label: string;
  old: unknown;
  new: unknown;
}

/** What publishing would set going, as far as it can be foreseen. */
export interface Estimate {
  now: number;
  per_day: number | null;
  days: number;
  begun_at: string | null;
  messages: {
    node: string;
    label: string;
    asked: number;
    reached: number;
    ways: { channel: string; label: string; people: number }[];
    skipped: { key: string; label: string; people: number }[];
  }[];
  quota: { channel: string; label: string; messages: number; free_today: number | null; per_day: number | null }[];
  done_on: string | null;
  words: string | null;
}

export interface Preview extends Checked {
  revision: number;
  estimate?: Estimate | null;
  difference: GraphDifference | null;
  places: StandingPlace[];
}

export interface GraphDifference {
  added: { id: string; label: string }[];
  removed: { id: string; label: string }[];
  changed: { id: string; label: string; fields: Changed[] }[];
  edges: { added: Edge[]; removed: Edge[] };
  rules: Changed[];
  triggers: { added: string[]; removed: string[] };
}

interface Edge {
  from: string;
  port: string;
  to: string;
}

export interface StandingPlace {
  version: number;
  node: string;
  label: string;
  people: number;
  change: "same" | "changed" | "removed";
  to: string | null;
}

export type Inside = "drain" | "migrate" | "eject";

export interface Publication {
  /** Of the draft that was looked at. */
  revision?: number;
  note: string;
  inside: Inside;
  places: Record<string, string | null>;
  accepted: string[];
}

export interface MoveOfPeople {
  id: string;
  kind: string;
  status: string;
  version: number | null;
  people: number;
  moved: number;
  ejected: number;
  created_at: string;
  ended_at: string | null;
}

export interface VersionRow {
  id: string;
  number: number;
  is_live: boolean;
  /** How many people stand in it now. */
  inside: number;
  note: string;
  copy_of: number | null;
  published_by: string | null;
  published_at: string;
}

export interface Assumed {
  after_minutes: number;
  event: string;
}

export interface SimulatedStep {
  node_id: string;
  kind: string;
  label: string;
  why: string;
  arrived_at: string;
  left_at: string;
  port: string | null;
  port_label: string | null;
  skipped: string | null;
  send_id: string | null;
}

export interface SimulatedMessage {
  send_id: string;
  node_id: string;
  planned_at: string;
  channel: string;
  template: string;
  would_leave: boolean;
  fields: { name: string; text: string | null; problem: string | null }[];
  ways: { channel: string; label: string; is_open: boolean; is_taken: boolean; reason: string | null }[];
}

export interface Simulation {
  began_at: string;
  status: string;
  reason: string | null;
  is_cut: boolean;
  stands_on: { node_id: string; kind: string; label: string; why: string; due_at: string | null } | null;
  ended_at: string | null;
  steps: SimulatedStep[];
  messages: SimulatedMessage[];
}

export interface TemplateRow {
  id: string;
  channel: string;
  channel_label: string;
  key: string;
  title: string;
  purpose: "transactional" | "marketing";
  state: string;
}

const HOUR = 3_600_000;

export const usePalette = () =>
  useQuery<Palette, ApiError>({ queryKey: [of("palette")], queryFn: () => api("GET", of("palette")), staleTime: HOUR });
export const useJourneyList = (parameters: { search: string | null; status: string | null; sort: string | null; archived: string | null }) =>
  usePages<JourneyRow>(JOURNEYS, { ...parameters, limit: "20" }, CALM);
export const useStarters = () => useOne<{ items: { key: string; name: string; description: string }[] }>(of("templates"), HOUR);
export const useVersions = (id: string) => useOne<{ items: VersionRow[] }>(of(id, "/versions"), CALM);
export const useDifference = (id: string, versionId: string, against: number) =>
  useOne<{ difference: GraphDifference }>(withQuery(of(id, `/versions/${versionId}/difference`), { against: String(against) }), HOUR);
export const useMoves = (id: string, every: number) => useOne<{ items: MoveOfPeople[] }>(of(id, "/moves"), every);
export const useMessageTemplates = () => usePages<TemplateRow>("staff/templates/", { limit: "100" }, HOUR);
export const useSegments = () => useOne<{ items: { id: string; key: string; name: string; members: number }[] }>("staff/segments/", HOUR);
export const useSegmentKinds = () => useOne<{ items: Kind[] }>("staff/segments/kinds", HOUR);
export const useFoundCustomers = (q: string) => usePages<CustomerRow>("staff/customers/", { q, limit: "12" }, HOUR);

/** Never from memory: who edits wants what is there now, and what she draws then is hers. */
export const useDraft = (id: string) =>
  useQuery<Draft, ApiError>({
    queryKey: [of(id, "/draft")],
    queryFn: () => api("GET", of(id, "/draft")),
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const readDraft = (id: string) => api<Draft>("GET", of(id, "/draft"));
export const saveDraft = (id: string, body: { revision: number; graph?: DraftGraph; name?: string }) =>
  api<Draft>("PUT", of(id, "/draft"), body);
export const checkGraph = (id: string, graph: DraftGraph) => api<Checked>("POST", of(id, "/check"), { graph });
export const estimateGraph = (id: string, graph: DraftGraph) => api<{ estimate: Estimate | null }>("POST", of(id, "/estimate"), { graph });
export const describeParts = (parts: Part[]) => api<{ parts: Described[] }>("POST", of("palette/describe"), { parts });
export const fileOf = (id: string) => api<Record<string, unknown>>("GET", of(id, "/file"));

export function usePreviewOf(id: string) {
  return useMutation<Preview, ApiError, { version?: number }>({ mutationFn: (body) => api("POST", of(id, "/preview"), body) });
}

export function useSimulate(id: string) {
  return useMutation<Simulation, ApiError, { customer_id: string; assumed: Assumed[]; version?: number }>({
    mutationFn: (body) => api("POST", of(id, "/simulate"), body),
  });
}

/** All that is known of a journey is stale once something has been done with it. */
function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ predicate: ({ queryKey }) => typeof queryKey[0] === "string" && isOfRunning(queryKey[0]) });
}

const isOfRunning = (key: string) => key.startsWith(JOURNEYS) && !key.endsWith("/draft") && !key.endsWith("palette");

/** Publishes the draft, or an earlier version once more. */
export function usePublish(id: string, versionId: string | undefined) {
  const stale = useStale();
  return useMutation<{ version: number; move: MoveOfPeople | null }, ApiError, Publication>({
    mutationFn: (body) => api("POST", of(id, versionId ? `/versions/${versionId}/publish` : "/publish"), body),
    onSettled: stale,
  });
}

export function useStart() {
  const stale = useStale();
  return useMutation<Draft, ApiError, { name: string; template?: string }>({
    mutationFn: (body) => api("POST", JOURNEYS, body),
    onSettled: stale,
  });
}

export interface ReadFile {
  journey: Draft;
  needs: { kind: string; key: string; found: boolean }[];
}

export function useReadFile() {
  const stale = useStale();
  return useMutation<ReadFile, ApiError, { file: unknown; name?: string }>({
    mutationFn: (body) => api("POST", of("files"), body),
    onSettled: stale,
  });
}

export function useCopyJourney() {
  const stale = useStale();
  return useMutation<Draft, ApiError, { id: string; name: string }>({
    mutationFn: ({ id, name }) => api("POST", of(id, "/copy"), { name }),
    onSettled: stale,
  });
}

export type Running = "pause" | "resume" | "cancel" | "archive" | "restore" | "remove";

export function useRunning() {
  const stale = useStale();
  return useMutation<unknown, ApiError, { id: string; action: Running; reason?: string }>({
    mutationFn: ({ id, action, reason }) =>
      action === "remove"
        ? api("DELETE", of(id))
        : api("POST", of(id, `/${action}`), action === "cancel" && reason ? { reason } : {}),
    onSettled: stale,
  });
}

