/** Behind the platform: queues, accounts at Tencent, and what the staff moved. */
import { useMutation } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, LIVE, useOne, usePages, useStale } from "./queries";
import type { Move } from "./types";
import type { Schemas } from "./schema";

const OPERATIONS = "staff/operations/";

export type FailedRun = Schemas["console.FailedOut"];
export type Queues = Schemas["console.QueuesOut"];
export type Account = Schemas["console.AccountOut"];

export type AuditRow = Move & { subject_id: string };

export const useQueues = () => useOne<Queues>(`${OPERATIONS}queues`, LIVE);
export const useAccounts = () => useOne<{ items: Account[] }>(`${OPERATIONS}accounts`, CALM);
export const useAudit = (filters: Record<string, string | null>) => usePages<AuditRow>(`${OPERATIONS}audit`, filters, CALM);

export function useRetryRun() {
  return useMutation<void, ApiError, string>({
    mutationFn: (id) => api("POST", `${OPERATIONS}failed/${encodeURIComponent(id)}/retry`, {}),
    onSettled: useStale(OPERATIONS),
  });
}

export function useSenderGoOn() {
  return useMutation<unknown, ApiError, { channel: string; appid: string }>({
    mutationFn: ({ channel, appid }) => api("POST", `staff/messaging/senders/${channel}/${appid}/go-on`, {}),
    onSettled: useStale(OPERATIONS),
  });
}
