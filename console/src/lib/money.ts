/** Money is integer fen everywhere; these are the only ways it is written for people. */
import { t } from "../texts";

const yuanFormat = new Intl.NumberFormat("zh-CN", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** 500000 → "¥5,000.00"; negative amounts carry a true minus sign. */
export function yuan(fen: number): string {
  const sign = fen < 0 ? "−" : "";
  return `${sign}¥${yuanFormat.format(Math.abs(fen) / 100)}`;
}

/** A car's price as China says it: 35800000 → "35.80 万". Under ten thousand yuan it falls back to yuan. */
export function wan(fen: number): string {
  if (Math.abs(fen) < 1_000_000) return yuan(fen);
  return t.money.tenThousands(yuanFormat.format(fen / 1_000_000));
}

/** What a person typed as yuan, in fen: "12.5" → 1250; null when it is no amount with at most two decimals. */
export function fenOf(typed: string): number | null {
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(typed.trim().replaceAll(",", ""));
  return match ? Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0")) : null;
}

/** Both sides of ledger lines, each summed. */
export function totals(lines: { debit_fen: number; credit_fen: number }[]): { debit: number; credit: number } {
  return lines.reduce((sum, line) => ({ debit: sum.debit + line.debit_fen, credit: sum.credit + line.credit_fen }), { debit: 0, credit: 0 });
}

/** Debit less credit on the side where it lies: "借 ¥1,000.00", "贷 ¥1,000.00". */
export function lies(debit: number, credit: number): string {
  if (debit === credit) return yuan(0);
  return debit > credit ? `${t.money.debit} ${yuan(debit - credit)}` : `${t.money.credit} ${yuan(credit - debit)}`;
}
