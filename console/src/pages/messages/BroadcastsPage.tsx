/** All broadcasts with how far each is; from here new ones begin. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Segmented, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useBroadcasts, type BroadcastRow } from "../../api/broadcasts";
import { MARKETING, useStaff } from "../../app/session";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { audienceOf, BroadcastState, Share } from "./broadcasts";

const b = t.messages.broadcast;
const linkTo = (row: BroadcastRow) => `/messages/broadcasts/${row.id}`;
const beginOf = (row: BroadcastRow) => row.started_at ?? row.scheduled_at;

function Name({ row }: { row: BroadcastRow }) {
  return (
    <span className="two-lines wide">
      <span className="message-name">{row.name}</span>
      <small>{audienceOf(row)}</small>
    </span>
  );
}

const columns: TableColumnsType<BroadcastRow> = [
  {
    title: b.columns.name,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name row={row} />
      </Link>
    ),
  },
  { title: b.columns.status, width: 120, render: (_, row) => <BroadcastState broadcast={row} /> },
  { title: b.columns.progress, width: 230, render: (_, row) => <Share row={row} /> },
  { title: b.columns.sent, width: 110, align: "right", render: (_, row) => <span className="amount">{row.share ? t.common.count(row.share.sent) : t.common.none}</span> },
  { title: b.columns.at, width: 150, render: (_, row) => <Moment at={beginOf(row)} /> },
];

function card(row: BroadcastRow) {
  return (
    <>
      <div className="card-row">
        <Name row={row} />
        <BroadcastState broadcast={row} />
      </div>
      {row.share && (
        <div className="card-row">
          <Share row={row} />
        </div>
      )}
      <div className="card-row card-foot">
        <span>{t.messages.purposes[row.purpose]}</span>
        <Moment at={beginOf(row)} />
      </div>
    </>
  );
}

function BroadcastsPage() {
  const { role } = useStaff();
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const broadcasts = useBroadcasts({ q, status });
  const create = MARKETING.includes(role) && (
    <Link to="/messages/broadcasts/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {b.create}
      </Button>
    </Link>
  );
  return (
    <>
      <div className="filters">
        <Searching placeholder={b.search} />
        <Segmented
          className="filters-scroll"
          value={status ?? "all"}
          onChange={(value) => setStatus(value === "all" ? null : value)}
          options={Object.entries(b.filters).map(([value, label]) => ({ value, label }))}
        />
        <Views />
        <span className="filters-end">{create}</span>
      </div>
      <ResourceList
        pages={broadcasts}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          q || status ? (
            <Nothing title={b.nothingFound} hint={t.messages.filterHint}>
              <Link to="/messages">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={b.empty} hint={b.emptyHint}>
              {create}
            </Nothing>
          )
        }
      />
    </>
  );
}

export { BroadcastsPage as Component };
