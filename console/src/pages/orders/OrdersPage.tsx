/** All orders, by number or state. */
import { Button, Segmented, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useOrders } from "../../api/queries";
import type { OrderRow } from "../../api/types";
import { useIsPhone } from "../../app/ThemeMode";
import { yuan } from "../../lib/money";
import { ExportButton } from "../../parts/ExportButton";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { PersonLine, VehicleLine } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import "./orders.css";

const linkTo = (row: OrderRow) => `/orders/${row.id}`;

const columns: TableColumnsType<OrderRow> = [
  {
    title: t.orders.columns.number,
    render: (_, row) => (
      <Link to={linkTo(row)} className="order-number">
        {row.number}
      </Link>
    ),
  },
  { title: t.orders.columns.customer, render: (_, row) => <PersonLine person={row.customer} /> },
  { title: t.orders.columns.vehicle, render: (_, row) => <VehicleLine vehicle={row.vehicle} /> },
  { title: t.orders.columns.status, width: 120, render: (_, row) => <Status value={row.status} texts={t.orders.status} /> },
  { title: t.orders.columns.payment, width: 110, render: (_, row) => <Status value={row.payment_status} texts={t.orders.payment} /> },
  { title: t.orders.columns.amount, align: "right", render: (_, row) => <span className="amount">{yuan(row.amount_fen)}</span> },
  { title: t.orders.columns.created, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
];

function card(row: OrderRow) {
  return (
    <>
      <div className="card-row">
        <span className="order-number">{row.number}</span>
        <strong className="amount">{yuan(row.amount_fen)}</strong>
      </div>
      <div className="card-row">
        <VehicleLine vehicle={row.vehicle} />
      </div>
      <div className="card-row card-foot">
        <span className="chips">
          <Status value={row.status} texts={t.orders.status} />
          <Status value={row.payment_status} texts={t.orders.payment} />
        </span>
        <Moment at={row.created_at} />
      </div>
    </>
  );
}

function OrdersPage() {
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const orders = useOrders(q ?? "", status);
  const phone = useIsPhone();
  return (
    <Page
      title={t.orders.title}
      subtitle={t.orders.subtitle}
      extra={
        phone && (
          <Link to="/terms" className="link">
            {t.nav.terms}
          </Link>
        )
      }
    >
      <div className="filters">
        <Segmented
          value={status ?? "all"}
          onChange={(value) => setStatus(value === "all" ? null : value)}
          options={Object.entries(t.orders.filters).map(([value, label]) => ({ value, label }))}
        />
        <Searching placeholder={t.orders.search} />
        <Views>
          <ExportButton list="console.orders" asked={{ q, status }} />
        </Views>
      </div>
      <ResourceList
        pages={orders}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          q || status ? (
            <Nothing title={t.orders.emptyFiltered} hint={t.orders.emptyFilteredHint}>
              <Link to="/orders">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={t.orders.empty} hint={t.orders.emptyHint} />
          )
        }
      />
    </Page>
  );
}

export { OrdersPage as Component };
