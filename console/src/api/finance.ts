/** The shapes of the doors of money: reconciliation, refunds, ledger, incidents; money in fen, days in China's zone. */
import type { Move, Person } from "./types";

export interface Merchant {
  account_id: string;
  mchid: string;
  name: string;
}

export interface OrderRef {
  id: string;
  number: string;
}

export interface Sums {
  payments: number;
  payments_fen: number;
  refunds: number;
  refunds_fen: number;
}

/** One day of one merchant account, compared with WeChat's bills line by line. */
export interface Run {
  id: string;
  bill_on: string;
  merchant: Merchant;
  status: string;
  status_label: string;
  progress: number;
  lines_read: number;
  lines_total: number | null;
  ours: Sums | null;
  theirs: (Sums & { fee_fen: number }) | null;
  flow: { in_fen: number; out_fen: number; other_fen: number } | null;
  differences: number;
  open_differences: number;
  error: string | null;
  error_label: string | null;
  next_try_at: string | null;
  finished_at: string | null;
}

export interface RunDetail extends Run {
  kinds: { kind: string; label: string; open: number; all: number }[];
  detail: string | null;
}

export function isRunning(status: string): boolean {
  return status === "waiting" || status === "downloading" || status === "matching";
}

export interface Difference {
  id: string;
  kind: string;
  label: string;
  concerns_label: string;
  reference: string;
  transaction_id: string | null;
  out_trade_no: string | null;
  out_refund_no: string | null;
  sub_mchid: string | null;
  order: OrderRef | null;
  ours_fen: number | null;
  theirs_fen: number | null;
  /** What each side says of the state. */
  ours: string | null;
  theirs: string | null;
  status: string;
  status_label: string;
  /** Empty for who may only look, and when nothing is left to do. */
  actions: { action: string; label: string }[];
  resolution: string | null;
  resolution_label: string | null;
  note: string | null;
  resolved_by: string | null;
  resolved_at: string | null;
}

export interface RefundRow {
  id: string;
  out_refund_no: string;
  out_trade_no: string;
  amount_fen: number;
  status: string;
  reason: string;
  error_code: string | null;
  order: OrderRef | null;
  created_at: string;
  settled_at: string | null;
}

export interface Refund extends RefundRow {
  refund_id: string | null;
  transaction_id: string | null;
  paid_fen: number;
  tries: number;
  merchant: { name: string; mchid: string; sub_mchid: string | null };
  customer: Person | null;
  trail: Move[];
}

/** Where a refund goes that could not be delivered. */
export interface Target {
  to: "customer_card" | "merchant_account";
  bank_type?: string;
  bank_account?: string;
  real_name?: string;
}

export interface Entry {
  id: string;
  at: string;
  kind: string;
  label: string;
  order: OrderRef | null;
  merchant: { name: string; mchid: string; sub_mchid: string | null };
  lines: { account: string; label: string; debit_fen: number; credit_fen: number }[];
}

export interface Balance {
  account: string;
  label: string;
  debit_fen: number;
  credit_fen: number;
}

export interface Totals {
  accounts: Balance[];
  merchants: { merchant: Merchant & { sub_mchid: string | null }; accounts: Balance[] }[];
}

export interface Task {
  id: string;
  kind: string;
  label: string;
  reference: string;
  amount_fen: number;
  details: Record<string, unknown>;
  order: OrderRef | null;
  created_at: string;
  resolved_at: string | null;
  resolution: string | null;
  note: string | null;
}
