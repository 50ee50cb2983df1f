/** Journeys as marketers draw and run them: what the doors give and take, and what the pages do with them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { DraftGraph, Port } from "../lib/graph";
import { api, withQuery, type ApiError } from "./client";
import { CALM, useOne, usePages } from "./queries";
import type { CustomerRow, JourneyRow } from "./types";
import type { Schemas } from "./schema";

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

export type Draft = Omit<Schemas["journeys.DraftOut"], "graph"> & { graph: DraftGraph };
export type Problem = Schemas["journeys.ProblemOut"];
export type Checked = Schemas["journeys.CheckOut"];

export type Part = Required<Schemas["journeys.PartIn"]>;

export type Described = Schemas["journeys.PartOut"];

export interface Changed {
  field: string;
  label: string;
  old: unknown;
  new: unknown;
}

/** What publishing would set going, as far as it can be foreseen. */
export type Estimate = Schemas["journeys.EstimateOut"];

export type Preview = Omit<Schemas["journeys.PreviewOut"], "difference"> & { difference: GraphDifference | null };

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

export type StandingPlace = Schemas["journeys.PlaceOut"];

export type Inside = NonNullable<Schemas["journeys.PublishIn"]["inside"]>;

export type Publication = Schemas["journeys.PublishIn"] & { revision?: number };

export type MoveOfPeople = Schemas["journeys.MoveOut"];
export type VersionRow = Schemas["journeys.VersionOut"];

export interface Assumed {
  after_minutes: number;
  event: string;
}

export type SimulatedStep = Schemas["journeys.StepOut"];
export type SimulatedMessage = Schemas["journeys.SimulatedMessageOut"];
export type Simulation = Schemas["journeys.SimulationOut"];
export type TemplateRow = Schemas["messaging.TemplateOut"];

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

export type ReadFile = Omit<Schemas["journeys.ReadOut"], "journey"> & { journey: Draft };

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

