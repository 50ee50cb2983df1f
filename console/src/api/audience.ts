/** Whom marketers speak to: tags, segments and files of people; what the doors give and take, and what the pages do with them. */
import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import { isMoving } from "../pages/audience/runs";
import type { Tree, TreeProblem } from "../pages/journeys/editor/Conditions";
import { api, ApiError, upload, withQuery } from "./client";
import { CALM, LIVE, useOne, usePages, useStale, WATCHED } from "./queries";
import type { Named, Person } from "./types";
import type { Schemas } from "./schema";

const TAGS = "staff/tags/";
const SEGMENTS = "staff/segments/";
const FILES = "staff/people/files/";
const KEYS = "staff/partner-keys/";

const HOUR = 3_600_000;

export type TagKind = Schemas["audience.TagOut"]["kind"];
export type ValueType = Schemas["audience.TagOut"]["value_type"];
export type TagRow = Schemas["audience.TagOut"];

export interface Behaviour {
  event_name: string;
  at_least: number;
  within_hours: number;
  different: boolean;
}

export type TagLink = Schemas["audience.LinkOut"];
export type TagPage = Schemas["audience.TagPageOut"];

export type TagDraft = Schemas["audience.ChangedTagIn"];

export type NewTag = Schemas["audience.NewTagIn"];

export type Affected = Schemas["audience.AffectedOut"];

export type Rule = Required<Schemas["audience.RuleIn"]>;
export type SegmentRow = Schemas["audience.SegmentRowOut"];

export type Segment = Omit<Schemas["audience.SegmentOut"], "tree"> & { tree: Tree };
export type SegmentPreview = Schemas["audience.SegmentPreviewOut"];
export type PeopleFile = Schemas["audience.PeopleRunOut"];

export type UnfitRow = Schemas["audience.UnfitRowOut"];

export type Choice = Schemas["audience.ChoiceOut"];
export type PartnerKey = Schemas["dealers.PartnerKeyOut"];

export const useTagList = (filters: Record<string, string | null>) => usePages<TagRow>(TAGS, { limit: "50", ...filters }, CALM);
export const useTagPage = (id: string) => useOne<TagPage>(`${TAGS}${id}`, (tag) => (tag?.behaviour?.counting ? WATCHED : CALM));
export const useFolders = () => useOne<{ items: Named[] }>(`${TAGS}folders`, HOUR);
export const useSyncAccounts = () => useOne<{ items: (Named & { kind: string })[] }>(`${TAGS}accounts`, HOUR);
export const useSegmentList = (filters: Record<string, string | null>) =>
  usePages<SegmentRow>(SEGMENTS, { limit: "50", ...filters }, (data) =>
    data?.pages.some((page) => page.items.some((one) => one.status !== "ready" && one.status !== "archived")) ? WATCHED : CALM,
  );
export const useSegment = (id: string) =>
  useOne<Segment>(`${SEGMENTS}${id}`, (segment) => (segment?.status === "waiting" || segment?.status === "computing" ? WATCHED : CALM));
export const useMembers = (id: string) => usePages<Person & { entered_at: string }>(`${SEGMENTS}${id}/members`, {}, CALM);
export const useChoices = () => useOne<{ series: Choice[]; words: Record<string, Choice[]> }>(`${SEGMENTS}choices`, HOUR);
export const useFiles = () =>
  usePages<PeopleFile>(FILES, {}, (data) => (data?.pages.some((page) => page.items.some(isMoving)) ? WATCHED : CALM));
export const useFile = (id: string) => useOne<PeopleFile>(`${FILES}${id}`, (file) => (!file || isMoving(file) ? WATCHED : HOUR));
export const useUnfitRows = (id: string) => usePages<UnfitRow>(`${FILES}${id}/rows`, { limit: "50" }, LIVE);
export const useKeys = () => useOne<{ items: PartnerKey[] }>(KEYS, CALM);
export const reportOf = (id: string) => `/api/${FILES}${id}/rows.csv`;

/** The people whom a tree finds now; the question before it is dropped when the tree changes. */
export function useSegmentPreview(tree: Tree | null) {
  return useQuery<SegmentPreview, ApiError>({
    queryKey: [`${SEGMENTS}preview`, tree],
    queryFn: ({ signal }) => api("POST", `${SEGMENTS}preview`, { tree }, signal),
    enabled: tree !== null,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 30_000,
    refetchOnWindowFocus: false,
  });
}

/** What the platform finds wrong with a tree, by place. */
export function problemsOf(error: ApiError | null): TreeProblem[] {
  const said = error?.details["problems"];
  return Array.isArray(said) ? (said as TreeProblem[]) : [];
}

export function useCreateTag() {
  return useMutation<TagPage, ApiError, NewTag>({ mutationFn: (body) => api("POST", TAGS, body), onSettled: useStale(TAGS, "staff/customers/tags") });
}

export type TagAction =
  | { does: "change"; body: Partial<TagDraft> }
  | { does: "archive" | "restore" }
  | { does: "rule"; body: Rule }
  | { does: "drop-rule"; rule: string }
  | { does: "behaviour"; body: Behaviour }
  | { does: "link"; account: string }
  | { does: "unlink"; link: string };

export function useTagAction(id: string) {
  const at = `${TAGS}${id}`;
  return useMutation<TagPage, ApiError, TagAction>({
    mutationFn: (action) => {
      switch (action.does) {
        case "change":
          return api("PATCH", at, action.body);
        case "rule":
          return api("POST", `${at}/rules`, action.body);
        case "drop-rule":
          return api("DELETE", `${at}/rules/${action.rule}`);
        case "behaviour":
          return api("PUT", `${at}/behaviour`, action.body);
        case "link":
          return api("POST", `${at}/links`, { account_id: action.account });
        case "unlink":
          return api("DELETE", `${at}/links/${action.link}`);
        default:
          return api("POST", `${at}/${action.does}`, {});
      }
    },
    onSettled: useStale(TAGS, "staff/customers/tags"),
  });
}

/** Whom a rule, or what a behavioural tag counts, would concern; asked before it is saved. */
export function useAffected(id: string, what: { rule: Rule } | { behaviour: Behaviour } | null) {
  return useQuery<Affected, ApiError>({
    queryKey: [`${TAGS}${id}/preview`, what],
    queryFn: ({ signal }) =>
      what && "rule" in what
        ? api("POST", `${TAGS}${id}/rules/preview`, what.rule, signal)
        : api("POST", `${TAGS}${id}/behaviour/preview`, what?.behaviour, signal),
    enabled: what !== null,
    retry: false,
  });
}

export function useMakeFolder() {
  return useMutation<Named, ApiError, string>({ mutationFn: (name) => api("POST", `${TAGS}folders`, { name }), onSettled: useStale(`${TAGS}folders`) });
}

export function useSaveSegment(id: string | null) {
  return useMutation<Segment, ApiError, { name: string; tree?: Tree; kind?: string; version?: number }>({
    mutationFn: (body) => (id === null ? api("POST", SEGMENTS, body) : api("PATCH", `${SEGMENTS}${id}`, body)),
    onSettled: useStale(SEGMENTS),
  });
}

export function useSegmentDifference(id: string) {
  return useMutation<{ before: number; after: number; entering: number; leaving: number }, ApiError, Tree>({
    mutationFn: (tree) => api("POST", `${SEGMENTS}${id}/difference`, { tree }),
  });
}

export function useCopySegment(id: string) {
  return useMutation<Segment, ApiError, { name: string; kind: string }>({
    mutationFn: (body) => api("POST", `${SEGMENTS}${id}/copy`, body),
    onSettled: useStale(SEGMENTS),
  });
}

export function useArchiveSegment(id: string) {
  return useMutation<Segment, ApiError>({ mutationFn: () => api("POST", `${SEGMENTS}${id}/archive`, {}), onSettled: useStale(SEGMENTS) });
}

export function useHandIn(onProgress: (percent: number) => void) {
  return useMutation<PeopleFile, ApiError, { file: File; kind: PeopleFile["kind"] }>({
    mutationFn: ({ file, kind }) => upload(withQuery(FILES, { kind, file_name: file.name }), file, onProgress),
    onSettled: useStale(FILES),
  });
}

export function useUndoFile(id: string) {
  return useMutation<PeopleFile, ApiError>({ mutationFn: () => api("POST", `${FILES}${id}/undo`, {}), onSettled: useStale(FILES) });
}

export function useIssueKey() {
  return useMutation<PartnerKey & { token: string }, ApiError, string>({ mutationFn: (name) => api("POST", KEYS, { name }), onSettled: useStale(KEYS) });
}

export function useRevokeKey() {
  return useMutation<void, ApiError, string>({ mutationFn: (id) => api("DELETE", `${KEYS}${id}`), onSettled: useStale(KEYS) });
}
