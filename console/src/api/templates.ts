/** Templates: what a message says; what the doors give and take, and what the pages do with them. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, HOUR, useOne, usePages } from "./queries";

const TEMPLATES = "staff/templates/";

/** How often a page asks while a worker is at it, in milliseconds. */
const WATCHED = 1_500;

export interface WritableChannel {
  kind: string;
  label: string;
  to: "customer" | "staff";
  /** Its fields; null: the typed keys of the account's template, []: whatever is named. */
  parts: string[] | null;
  account_kind: string | null;
}

export interface Fact {
  name: string;
  label: string;
  example: string;
}

export interface Writing {
  channels: WritableChannel[];
  facts: Fact[];
  types: { name: string; rule: string }[];
}

export interface TemplateDraft {
  channel: string;
  title: string;
  purpose: "transactional" | "marketing";
  fields: Record<string, string>;
  page: string | null;
  template_ids: Record<string, string>;
}

export interface Problem {
  field: string;
  code: string;
  message: string;
  is_warning: boolean;
}

export interface Template extends TemplateDraft {
  id: string;
  key: string;
  channel_label: string;
  state: "draft" | "active" | "archived";
  override: { words: string[]; reason: string; staff_name: string; at: string } | null;
  version: number;
  updated_at: string;
}

export interface TemplatePage extends Template {
  problems: Problem[];
}

export interface PlatformTemplate {
  appid: string;
  template_id: string;
  title: string;
  keys: { key: string; label: string }[];
  gone_at: string | null;
  used_by: { id: string; key: string; title: string }[];
}

export interface AccountSync {
  appid: string;
  name: string;
  kind: string;
  read_at: string | null;
  tried_at: string | null;
  is_asked: boolean;
  error_text: string | null;
}

export interface Preview {
  fields: { name: string; text: string | null; problem: string | null }[];
  ways: { channel: string; label: string; is_open: boolean; account: string | null; reason: string | null }[];
}

export interface TemplateVersion {
  version: number;
  changed_at: string;
  changed_by: string | null;
}

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

export const useProblems = (draft: (Content & Pick<TemplateDraft, "template_ids">) | null) => useAsked<{ items: Problem[] }>(`${TEMPLATES}check`, draft);
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
