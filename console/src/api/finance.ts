/** The shapes of the doors of money: reconciliation, refunds, ledger, incidents; money in fen, days in China's zone. */
import type { Schemas } from "./schema";

export type Merchant = Schemas["reconciliation.BilledMerchantOut"];
export type OrderRef = Schemas["payments.OrderRefOut"];
export type Sums = Schemas["reconciliation.SumsOut"];

/** One day of one merchant account, compared with WeChat's bills line by line. */
export type Run = Schemas["reconciliation.RunOut"];
export type RunDetail = Schemas["reconciliation.RunDetailOut"];

export function isRunning(status: string): boolean {
  return status === "waiting" || status === "downloading" || status === "matching";
}

export type Difference = Schemas["reconciliation.DifferenceOut"];
export type RefundRow = Schemas["payments.RefundRowOut"];
export type Refund = Schemas["console.RefundPageOut"];

/** Where a refund goes that could not be delivered. */
export type Target = Schemas["payments.AbnormalIn"];

export type Entry = Schemas["payments.EntryOut"];
export type Balance = Schemas["payments.LineOut"];
export type Totals = Schemas["payments.TotalsOut"];
export type Task = Schemas["payments.IncidentOut"];
