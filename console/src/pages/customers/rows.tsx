/** How customers stand in lists, wherever they are listed. */
import type { TableColumnsType } from "antd";
import { Link } from "react-router";
import type { CustomerRow } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { PersonLine, PlaceLines, Tags } from "../../parts/People";
import { Grade } from "../../parts/Status";
import { t } from "../../texts";

export const customerLink = (row: CustomerRow) => `/customers/${row.id}`;
const place = (row: CustomerRow) => [row.adviser, row.dealer].filter(Boolean).join(" · ") || t.common.none;

export const columns: TableColumnsType<CustomerRow> = [
  {
    title: t.customers.columns.customer,
    render: (_, row) => (
      <Link to={customerLink(row)}>
        <PersonLine person={row} />
      </Link>
    ),
  },
  { title: t.customers.columns.grade, width: 76, render: (_, row) => <Grade value={row.grade} /> },
  { title: t.customers.columns.tags, render: (_, row) => <Tags tags={row.tags} /> },
  { title: t.customers.columns.adviser, render: (_, row) => <PlaceLines adviser={row.adviser} place={row.dealer} /> },
  { title: t.customers.columns.lastEvent, width: 150, render: (_, row) => <Moment at={row.last_event_at} /> },
  { title: t.customers.columns.created, width: 150, render: (_, row) => <Moment at={row.created_at} /> },
];

export function customerCard(row: CustomerRow) {
  return (
    <>
      <div className="card-row">
        <PersonLine person={row} />
        {row.grade && <Grade value={row.grade} />}
      </div>
      {row.tags.length > 0 && (
        <div className="card-row">
          <Tags tags={row.tags} most={4} />
        </div>
      )}
      <div className="card-row card-foot">
        <span className="ellipsis">{place(row)}</span>
        <Moment at={row.last_event_at} />
      </div>
    </>
  );
}
