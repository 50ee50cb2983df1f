/** Templates: what a message says; what the doors give and take, and what the pages do with them. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, HOUR, useOne, usePages } from "./queries";
import type { Schemas } from "./schema";

const TEMPLATES = "staff/templates/";

/** How often a page asks while a worker is at it, in milliseconds. */
const WATCHED = 1_500;

export type WritableChannel = Schemas["messaging.TemplateChannelOut"];
export type Fact = Schemas["messaging.FactOut"];
export type Writing = Schemas["messaging.WritingOut"];

export interface TemplateDraft {
  channel: string;
  title: string;
  purpose: "transactional" | "marketing";
  fields: Record<string, string>;
  page: string | null;
  template_ids: Record<string, string>;
  /** Whom a webhook calls. A secret that is kept is never told again, and empty here. */
  target: { url: string; secret: string } | null;
}

export type Problem = Schemas["messaging.TemplateProblemOut"];
export type Template = Schemas["messaging.TemplateOut"];
export type TemplatePage = Schemas["messaging.TemplatePageOut"];
export type PlatformTemplate = Schemas["messaging.PlatformTemplateOut"];
export type AccountSync = Schemas["messaging.SyncOut"];
export type Preview = Schemas["messaging.PreviewOut"];
export type TemplateVersion = Schemas["messaging.TemplateVersionOut"];

export const useTemplates = (filters: Record<string, string | null>) => usePages<Template>(TEMPLATES, { limit: "50", ...filters }, CALM);
export const useTemplate = (id: string) => useOne<TemplatePage>(`${TEMPLATES}${id}`, HOUR);
export const useTemplateVersions = (id: string) => useOne<{ items: TemplateVersion[] }>(`${TEMPLATES}${id}/versions`, HOUR);
export const useWriting = () => useOne<Writing>(`${TEMPLATES}writing`, HOUR);
export const usePlatform = () =>
  useOne<{ items: PlatformTemplate[]; accounts: AccountSync[] }>(`${TEMPLATES}platform`, (told) => (told?.accounts.some((one) => one.is_asked) ? WATCHED : CALM));

/** Asked again when what is asked about changes; what was known before is shown until then. */
function useAsked<R>(path: string, body: object | null) {
  return useQuery<R, ApiError>({
    queryKey: [path, body],
    queryFn: ({ signal }) => api("POST", path, body, signal),
    enabled: body !== null,
    placeholderData: keepPreviousData,
    retry: false,
    refetchOnWindowFocus: false,
  });
}

type Content = Pick<TemplateDraft, "channel" | "fields" | "page" | "purpose">;

export const useProblems = (draft: (Content & Pick<TemplateDraft, "template_ids" | "target">) | null) => useAsked<{ items: Problem[] }>(`${TEMPLATES}check`, draft);
export const useDraftPreview = (draft: (Content & { customer_id: string | null }) | null) => useAsked<Preview>(`${TEMPLATES}preview`, draft);
/** By which way the message as it is saved would reach her now. */
export const useWayTo = (id: string | null, customer: string | null) =>
  useAsked<Preview>(`${TEMPLATES}${id ?? ""}/preview`, id && customer ? { customer_id: customer } : null);

function useStale() {
  const cache = useQueryClient();
  return () =>
    cache.invalidateQueries({
      predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith(TEMPLATES) && !path.endsWith("/check") && !path.endsWith("preview"),
    });
}

export function useSaveTemplate(id: string | null) {
  return useMutation<TemplatePage, ApiError, Partial<TemplateDraft> & { key?: string; version?: number }>({
    mutationFn: (body) => (id === null ? api("POST", TEMPLATES, body) : api("PATCH", `${TEMPLATES}${id}`, body)),
    onSettled: useStale(),
  });
}

export function useTemplateStep(id: string) {
  return useMutation<TemplatePage, ApiError, { step: "activate" | "archive" | "override"; version: number; reason?: string }>({
    mutationFn: ({ step, ...body }) => api("POST", `${TEMPLATES}${id}/${step}`, body),
    onSettled: useStale(),
  });
}

export function useSyncTemplates() {
  return useMutation<void, ApiError>({ mutationFn: () => api("POST", `${TEMPLATES}platform/sync`, {}), onSettled: useStale() });
}
