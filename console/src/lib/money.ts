/** Money is integer fen everywhere; these two are the only ways it is written for people. */
import { t } from "../texts/zh-CN";

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
