/** Quotas of the accounts, senders that stopped themselves, and how the brand treats people. */
import { useMutation } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, STEADY, useOne, useStale } from "./queries";
import type { Schemas } from "./schema";

const MESSAGING = "staff/messaging/";

export type SenderDay = Schemas["messaging.SenderDayOut"];
export type QuotaDay = Schemas["messaging.QuotaDayOut"];
export type StoppedSender = Schemas["messaging.StopOut"];
export type MessagingPolicy = Schemas["messaging.PolicyOut"];

export const useBoard = () => useOne<{ today: SenderDay[]; history: QuotaDay[] }>(`${MESSAGING}quota`, STEADY);
export const useStopped = () => useOne<{ items: StoppedSender[] }>(`${MESSAGING}senders/stopped`, STEADY);
export const useMessagingPolicy = () => useOne<MessagingPolicy>(`${MESSAGING}policy`, CALM);

export function useGoOn() {
  return useMutation<StoppedSender, ApiError, StoppedSender>({
    mutationFn: ({ channel, appid }) => api("POST", `${MESSAGING}senders/${channel}/${encodeURIComponent(appid)}/go-on`, {}),
    onSettled: useStale(MESSAGING),
  });
}

export function useChangePolicy() {
  return useMutation<MessagingPolicy, ApiError, Partial<MessagingPolicy>>({
    mutationFn: (changes) => api("PUT", `${MESSAGING}policy`, changes),
    onSettled: useStale(MESSAGING, "staff/settings/history"),
  });
}
