/** Whether debits and credits are the same, in a word and a sign, beside a table's total. */
import { CheckCircleFilled, CloseCircleFilled } from "@ant-design/icons";
import { t } from "../texts";

export function BalanceMark({ balanced }: { balanced: boolean }) {
  return (
    <span className={balanced ? "balance-mark good" : "balance-mark bad"}>
      {balanced ? <CheckCircleFilled /> : <CloseCircleFilled />} {balanced ? t.orders.ledgerBalanced : t.orders.ledgerUnbalanced}
    </span>
  );
}
