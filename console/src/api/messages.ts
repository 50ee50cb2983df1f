/** Messages: the log of what was sent, and why she did or did not get it; what the doors give and take. */
import { CALM, HOUR, LIVE, useOne, usePages } from "./queries";

const SENDS = "staff/sends/";

export interface Choice {
  value: string;
  label: string;
}

export type SendStatus = "planned" | "claimed" | "accepted" | "rejected" | "unknown" | "cancelled" | "skipped";

export interface SendRow {
  id: string;
  customer_id: string | null;
  nickname: string | null;
  staff_id: string | null;
  channel: string;
  channel_label: string;
  template_key: string;
  template_title: string;
  purpose: "transactional" | "marketing";
  status: SendStatus;
  status_label: string;
  delivery: "success" | "failed" | null;
  reason: string | null;
  reason_text: string | null;
  appid: string | null;
  broadcast_id: string | null;
  walk_id: string | null;
  journey_id: string | null;
  created_at: string;
  due_at: string | null;
  claimed_at: string | null;
  settled_at: string | null;
}

export interface StoryLine {
  at: string | null;
  what: string;
  sentence: string;
}

export const LOG_FILTERS = [
  "customer_id",
  "template_key",
  "channel",
  "status",
  "delivery",
  "error_code",
  "journey_id",
  "broadcast_id",
  "since",
  "until",
] as const;
export type LogFilters = Partial<Record<(typeof LOG_FILTERS)[number], string | null>>;

export const useSends = (filters: LogFilters) => usePages<SendRow>(SENDS, { limit: "50", ...filters }, CALM);
export const useLogChoices = () => useOne<{ channels: Choice[]; statuses: Choice[]; reasons: Choice[] }>(`${SENDS}choices`, HOUR);
export const useWhy = (id: string) => useOne<{ send: SendRow; lines: StoryLine[] }>(`${SENDS}${id}/why`, LIVE);
