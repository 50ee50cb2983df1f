/** Behind the platform: queues, accounts at Tencent, and what the staff moved. */
import { useMutation } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, LIVE, useOne, usePages, useStale } from "./queries";
import type { Move } from "./types";

const OPERATIONS = "staff/operations/";

export interface FailedRun {
  id: string;
  name: string;
  queue: string;
  ids: Record<string, string>;
  failed_at: string | null;
  error: string;
}

export interface Queues {
  reachable: boolean;
  queues: { queue: string; waiting: number; running: number; failed: number }[];
  workers: { worker: string; name: string | null; since: string | null }[];
  failed: FailedRun[];
  periodic: { name: string; queue: string; every: number | null; cron: string | null }[];
}

export interface Account {
  id: string;
  kind: string;
  name: string;
  appid: string;
  heard_at: string | null;
  waiting: number;
  refused: number;
  refused_at: string | null;
  refused_for: string | null;
  stopped: { channel: string; channel_label: string; appid: string; stopped_at: string; errors: number; answers: number } | null;
}

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
