/** Lists with their filters under names: one's own and those that colleagues share. */
import { useMutation } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import { HOUR, useOne, useStale } from "./queries";
import type { Schemas } from "./schema";

const VIEWS = "staff/views/";

export type View = Schemas["console.ViewOut"];
export type ViewDraft = Schemas["console.NewViewIn"];

export const useViews = (list: string) => useOne<Schemas["console.ViewsOut"]>(withQuery(VIEWS, { list }), HOUR);

export function useKeepView() {
  return useMutation<View, ApiError, ViewDraft>({ mutationFn: (draft) => api("POST", VIEWS, draft), onSettled: useStale(VIEWS) });
}

export function useChangeView() {
  return useMutation<View, ApiError, { id: string } & Schemas["console.ChangedViewIn"]>({
    mutationFn: ({ id, ...changes }) => api("PATCH", `${VIEWS}${id}`, changes),
    onSettled: useStale(VIEWS),
  });
}

export function useRemoveView() {
  return useMutation<void, ApiError, string>({ mutationFn: (id) => api("DELETE", `${VIEWS}${id}`), onSettled: useStale(VIEWS) });
}
