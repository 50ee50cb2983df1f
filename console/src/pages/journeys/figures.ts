/** Which numbers a step shows on the map, and how a number of any size is written in the same room. */
import type { NodeResult } from "../../api/results";
import type { NodeNumbers } from "../../api/types";
import { t } from "../../texts";

/** Of a step; what is not known of it counts as none. */
export type Known = Partial<Omit<NodeResult, "node" | "label" | "by">> & Pick<NodeResult, "by">;

export type Figure = Exclude<keyof Known, "by"> | "missed";

export const NOTHING: Known = { by: [] };

const MESSAGE: Figure[] = ["entered", "waiting", "passed", "converted", "sent", "delivered", "missed", "failed"];
const FIGURES: Record<string, Figure[]> = {
  trigger: ["entered", "left_out", "held_out", "converted"],
  end: ["entered", "finished"],
  send_message: MESSAGE,
  ask_credit: MESSAGE,
  webhook: MESSAGE,
  notify_staff: MESSAGE,
};
const OTHER: Figure[] = ["entered", "waiting", "passed", "exited"];
export const PER_ROW = 4;

export const shownOf = (kind: string): Figure[] => FIGURES[kind] ?? OTHER;

/** Who was passed by, and whose message did not leave: both got nothing here. */
export const valueOf = (known: Known, figure: Figure): number =>
  figure === "missed" ? (known.skipped ?? 0) + (known.not_sent ?? 0) : (known[figure] ?? 0);

/** Why something did not happen here, the most frequent first. */
export const reasonsOf = (known: Known) =>
  known.by.filter(({ figure, times }) => times > 0 && figure !== "passed" && figure !== "exited").sort((one, other) => other.times - one.times);

/** What those see who may not look at people: the same numbers, without reasons. */
export const ofNumbers = (numbers: NodeNumbers | undefined): Known =>
  numbers ? { ...numbers, skipped: 0, not_sent: numbers.skipped ?? 0, by: [] } : NOTHING;

/** 1,234 as it is; from a hundred thousand on as 12.3 万. */
export function brief(n: number): string {
  return n < 100_000 ? t.common.count(n) : t.results.tenThousands(n / 10_000);
}
