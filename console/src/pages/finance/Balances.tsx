/** The trial balance: each account's two sides over all time; the sums of both are the same, or the books are wrong. */
import type { Balance } from "../../api/finance";
import { lies, totals, yuan } from "../../lib/money";
import { BalanceMark } from "../../parts/BalanceMark";
import { t } from "../../texts";

export function Balances({ rows }: { rows: Balance[] }) {
  const { debit, credit } = totals(rows);
  const balanced = debit === credit;
  const words = t.orders.ledgerColumns;
  return (
    <div className="sides-scroll" tabIndex={0}>
      <table className="sides balances">
        <thead>
          <tr>
            <th>{words.account}</th>
            <th className="amount two-sided">{words.debit}</th>
            <th className="amount two-sided">{words.credit}</th>
            <th className="amount">{t.ledger.balance}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.account}>
              <td>
                {row.label}
                <small>{t.ledger.accountHints[row.account]}</small>
              </td>
              <td className="amount two-sided">{yuan(row.debit_fen)}</td>
              <td className="amount two-sided">{yuan(row.credit_fen)}</td>
              <td className="amount strong">{lies(row.debit_fen, row.credit_fen)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <td>
              {t.orders.ledgerTotal}
              <BalanceMark balanced={balanced} />
            </td>
            <td className="amount two-sided">{yuan(debit)}</td>
            <td className="amount two-sided">{yuan(credit)}</td>
            <td className="amount">{yuan(debit - credit)}</td>
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
