/** Messages: the log of what was sent, and why she did or did not get it; what the doors give and take. */
import { CALM, HOUR, LIVE, useOne, usePages } from "./queries";
import type { Schemas } from "./schema";

const SENDS = "staff/sends/";

export type Choice = Schemas["console.ChoiceOut"];

export type SendStatus = Schemas["messaging.SendOut"]["status"];
export type SendRow = Schemas["messaging.SendOut"];
export type StoryLine = Schemas["messaging.LineOut"];

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
