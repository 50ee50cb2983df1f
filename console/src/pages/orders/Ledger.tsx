/** The double-entry lines behind one order, and whether they balance. */
import type { LedgerLine } from "../../api/types";
import { totals, yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { BalanceMark } from "../../parts/BalanceMark";
import { Nothing } from "../../parts/Nothing";
import { t } from "../../texts";

const amount = (fen: number) => (fen === 0 ? "" : yuan(fen));

export function Ledger({ lines }: { lines: LedgerLine[] }) {
  if (lines.length === 0) return <Nothing title={t.orders.noLedger} hint={t.orders.noLedgerHint} />;
  const { debit, credit } = totals(lines);
  const balanced = debit === credit;
  const words = t.orders.ledgerColumns;
  return (
    <div className="ledger-scroll">
      <table className="ledger">
        <thead>
          <tr>
            <th>{words.account}</th>
            <th className="amount">{words.debit}</th>
            <th className="amount">{words.credit}</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.id}>
              <td>
                {line.account}
                <small>
                  {line.entry} · {absolute(line.at)}
                </small>
              </td>
              <td className="amount">{amount(line.debit_fen)}</td>
              <td className="amount">{amount(line.credit_fen)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>
              {t.orders.ledgerTotal}
              <BalanceMark balanced={balanced} />
            </td>
            <td className="amount">{yuan(debit)}</td>
            <td className="amount">{yuan(credit)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
