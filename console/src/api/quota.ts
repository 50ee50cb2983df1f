/** Quotas of the accounts, senders that stopped themselves, and how the brand treats people. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, STEADY, useOne } from "./queries";

const MESSAGING = "staff/messaging/";

export interface SenderDay {
  channel: string;
  channel_label: string;
  appid: string;
  account_name: string;
  /** Null: nobody counts. */
  limit: number | null;
  used: number;
  used_by_marketing: number;
  reserve: number;
  planned: number;
  waiting: number;
  /** Null: never. */
  done_on: string | null;
  exhausted: boolean;
  free_for_marketing: number | null;
  marketing_per_day: number | null;
}

export interface QuotaDay {
  day: string;
  channel: string;
  appid: string;
  used: number;
  used_by_marketing: number;
}

export interface StoppedSender {
  channel: string;
  channel_label: string;
  appid: string;
  stopped_at: string;
  reason: string | null;
  answers: number;
  errors: number;
}

export interface MessagingPolicy {
  quiet_from: string | null;
  quiet_until: string | null;
  quiet_drops: boolean;
  time_zone: string;
  most_per_day: number | null;
  most_per_week: number | null;
  most_per_month: number | null;
  reserve_percent: number;
  stop_at_percent: number;
}

export const useBoard = () => useOne<{ today: SenderDay[]; history: QuotaDay[] }>(`${MESSAGING}quota`, STEADY);
export const useStopped = () => useOne<{ items: StoppedSender[] }>(`${MESSAGING}senders/stopped`, STEADY);
export const useMessagingPolicy = () => useOne<MessagingPolicy>(`${MESSAGING}policy`, CALM);

function useStale() {
  const cache = useQueryClient();
  return () => cache.invalidateQueries({ predicate: ({ queryKey: [path] }) => typeof path === "string" && path.startsWith(MESSAGING) });
}

export function useGoOn() {
  return useMutation<StoppedSender, ApiError, StoppedSender>({
    mutationFn: ({ channel, appid }) => api("POST", `${MESSAGING}senders/${channel}/${encodeURIComponent(appid)}/go-on`, {}),
    onSettled: useStale(),
  });
}

export function useChangePolicy() {
  return useMutation<MessagingPolicy, ApiError, Partial<MessagingPolicy>>({
    mutationFn: (changes) => api("PUT", `${MESSAGING}policy`, changes),
    onSettled: useStale(),
  });
}
