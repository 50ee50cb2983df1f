/** Lists as files: asked for, written by a worker, fetched by whoever asked. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { HOUR, useOne } from "./queries";
import type { Schemas } from "./schema";

const EXPORTS = "staff/exports/";
const WATCHED = 1_000;

export type ExportFile = Schemas["exports.ExportOut"];

export const isBeingWritten = (file: ExportFile | undefined) => !file || file.status === "waiting" || file.status === "running";
export const useExportFile = (id: string) => useOne<ExportFile>(`${EXPORTS}${id}`, (file) => (isBeingWritten(file) ? WATCHED : HOUR));
export const exportAddress = (id: string) => `/api/${EXPORTS}${id}/file`;

export function useAskExport() {
  return useMutation<ExportFile, ApiError, { list: string; asked: object }>({ mutationFn: (body) => api("POST", EXPORTS, body) });
}

export function useCancelExport() {
  const cache = useQueryClient();
  return useMutation<ExportFile, ApiError, string>({
    mutationFn: (id) => api("POST", `${EXPORTS}${id}/cancel`, {}),
    onSettled: () => cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith(EXPORTS) }),
  });
}
