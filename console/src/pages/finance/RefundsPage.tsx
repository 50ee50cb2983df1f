/** Money on its way back: what is stuck first, with its way out. */
import { Button, Segmented, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { RefundRow } from "../../api/finance";
import { useRefunds } from "../../api/financeQueries";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { rowsOf } from "../../lib/rows";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Redirect } from "./Redirect";
import { mayDealWithMoney } from "./roles";

const linkTo = (row: RefundRow) => `/finance/refunds/${row.id}`;

function Of({ row }: { row: RefundRow }) {
  return (
    <span className="two-lines wide">
      <span>{row.order ? row.order.number : t.refunds.noOrder}</span>
      <small>{row.reason}</small>
    </span>
  );
}

const columns: TableColumnsType<RefundRow> = [
  {
    title: t.refunds.columns.number,
    render: (_, row) => (
      <Link to={linkTo(row)} className="order-number">
        {row.out_refund_no}
      </Link>
    ),
  },
  { title: t.refunds.columns.order, render: (_, row) => <Of row={row} /> },
  { title: t.refunds.columns.amount, align: "right", render: (_, row) => <span className="amount">{yuan(row.amount_fen)}</span> },
  { title: t.refunds.columns.status, width: 160, render: (_, row) => <Status value={row.status} texts={t.orders.refundStatus} /> },
  { title: t.refunds.columns.created, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
  { title: t.refunds.columns.settled, width: 140, render: (_, row) => <Moment at={row.settled_at} /> },
];

function card(row: RefundRow) {
  return (
    <>
      <div className="card-row">
        <Of row={row} />
        <strong className="amount">{yuan(row.amount_fen)}</strong>
      </div>
      <div className="card-row card-foot">
        <Status value={row.status} texts={t.orders.refundStatus} />
        <Moment at={row.created_at} />
      </div>
    </>
  );
}

function Stuck() {
  const staff = useStaff();
  const [chosen, setChosen] = useState<RefundRow | null>(null);
  const stuck = rowsOf(useRefunds("", "abnormal"));
  if (stuck.length === 0) return null;
  return (
    <Panel title={t.refunds.stuck}>
      <ul className="plain">
        {stuck.map((row) => (
          <li key={row.id} className="stuck-refund">
            <Link to={linkTo(row)}>
              <Of row={row} />
            </Link>
            <strong className="amount">{yuan(row.amount_fen)}</strong>
            {mayDealWithMoney(staff) && (
              <Button size="small" onClick={() => setChosen(row)}>
                {t.overview.resolve}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {chosen && <Redirect key={chosen.id} refund={chosen} close={() => setChosen(null)} />}
    </Panel>
  );
}

function RefundsPage() {
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const refunds = useRefunds(q ?? "", status);
  return (
    <div className="stack">
      {!q && !status && <Stuck />}
      <div>
        <div className="filters">
          <Segmented
            value={status ?? "all"}
            onChange={(value) => setStatus(value === "all" ? null : value)}
            options={Object.entries(t.refunds.filters).map(([value, label]) => ({ value, label }))}
          />
          <Searching placeholder={t.refunds.search} />
          <Views />
        </div>
        <ResourceList
          pages={refunds}
          columns={columns}
          card={card}
          linkTo={linkTo}
          empty={
            q || status ? (
              <Nothing title={t.refunds.emptyFiltered} hint={t.finance.filteredHint}>
                <Link to="/finance/refunds">
                  <Button>{t.common.clear}</Button>
                </Link>
              </Nothing>
            ) : (
              <Nothing title={t.refunds.empty} hint={t.refunds.emptyHint} />
            )
          }
        />
      </div>
    </div>
  );
}

export { RefundsPage as Component };
