/** Who changed the settings of the brand, when, and from what to what. */
import { CALM, usePages } from "./queries";
import type { Schemas } from "./schema";

export type SettingsKind = "keys" | "messages" | "places" | "plans" | "terms";
export type SettingsChange = Schemas["console.HistoryRowOut"];

export const useSettingsHistory = (of: SettingsKind) => usePages<SettingsChange>("staff/settings/history", { of }, CALM);
