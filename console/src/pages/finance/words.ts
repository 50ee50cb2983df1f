/** Figures and facts of money as lines to read. */
import type { Run } from "../../api/finance";
import { yuan } from "../../lib/money";
import { t } from "../../texts";

type Side = [label: string, ours: number, theirs: number, write: (value: number) => string];

/** What is compared of a day, each with how it is written; nothing while there is nothing to compare. */
export function sidesOf({ ours, theirs }: Pick<Run, "ours" | "theirs">): Side[] {
  if (!ours || !theirs) return [];
  return [
    [t.runs.sums.payments, ours.payments, theirs.payments, t.common.count],
    [t.runs.sums.paymentsFen, ours.payments_fen, theirs.payments_fen, yuan],
    [t.runs.sums.refunds, ours.refunds, theirs.refunds, t.common.count],
    [t.runs.sums.refundsFen, ours.refunds_fen, theirs.refunds_fen, yuan],
    [t.runs.sums.net, ours.payments_fen - ours.refunds_fen, theirs.payments_fen - theirs.refunds_fen, yuan],
  ];
}

/** "金额：我方 ¥1,000.00，微信 ¥999.99": what was compared, one line for each. */
export function detailsOf(details: Record<string, unknown>): string[] {
  return Object.entries(details).map(([field, value]) => {
    const name = t.tasks.fields[field] ?? field;
    if (typeof value !== "object" || value === null) return t.tasks.fact(name, write(field, value));
    const { asked, told } = value as { asked?: unknown; told?: unknown };
    return t.tasks.fact(name, t.tasks.askedAndTold(write(field, asked), write(field, told)));
  });
}

function write(field: string, value: unknown): string {
  if (value === null || value === undefined) return t.common.none;
  return field.endsWith("_fen") && typeof value === "number" ? yuan(value) : String(value);
}
