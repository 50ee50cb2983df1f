/** How a figure that is far from the usual is put into words and drawn. */
import type { Anomaly } from "../../api/insight";
import { t } from "../../texts";

const a = t.insight.anomalies;

/** Of these the fewer the better. */
const UNWANTED = ["late", "cancelled", "refund", "failed_send"];

export const isGood = ({ figure, times, median }: Pick<Anomaly, "figure" | "times" | "median">) => times > median !== UNWANTED.includes(figure);

/** How far from the usual, as one would say it: more than twice as many are so many times as many. */
export function distance({ times, median }: Pick<Anomaly, "times" | "median">): string {
  if (median === 0) return a.never;
  if (times === 0) return a.nothing;
  const share = times / median;
  if (share >= 2) return a.manifold(share.toFixed(share < 10 ? 1 : 0));
  const percent = `${Math.round(100 * Math.abs(share - 1))}%`;
  return share < 1 ? a.fewer(percent) : a.more(percent);
}

/** The least and the most that are nothing out of the ordinary. */
export function usual({ median, bound }: Pick<Anomaly, "median" | "bound">): [number, number] {
  return [Math.max(0, Math.ceil(median - bound)), Math.floor(median + bound)];
}
