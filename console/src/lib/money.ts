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
