/** All segments with how many are in each; from here new ones begin. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Segmented, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useSegmentList, type SegmentRow } from "../../api/audience";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { SegmentStatus } from "./SegmentStatus";

const s = t.audience.segment;
const linkTo = (row: SegmentRow) => `/audience/segments/${row.id}`;

const columns: TableColumnsType<SegmentRow> = [
  {
    title: s.columns.name,
    render: (_, row) => (
      <Link to={linkTo(row)} className="audience-name">
        {row.name}
      </Link>
    ),
  },
  { title: s.columns.kind, width: 100, render: (_, row) => <span title={s.kindHints[row.kind]}>{s.kinds[row.kind]}</span> },
  { title: s.columns.members, width: 130, align: "right", render: (_, row) => <span className="amount">{t.common.count(row.members)}</span> },
  { title: s.columns.status, width: 130, render: (_, row) => <SegmentStatus segment={row} /> },
  { title: s.columns.updated, width: 150, render: (_, row) => <Moment at={row.updated_at} /> },
];

function card(row: SegmentRow) {
  return (
    <>
      <div className="card-row">
        <strong className="audience-name ellipsis">{row.name}</strong>
        <span className="amount">{t.audience.people(row.members)}</span>
      </div>
      <div className="card-row card-foot">
        <span>{s.kinds[row.kind]}</span>
        <SegmentStatus segment={row} />
        <Moment at={row.updated_at} />
      </div>
    </>
  );
}

export function NewSegment() {
  return (
    <Link to="/audience/segments/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {s.create}
      </Button>
    </Link>
  );
}

function SegmentsPage() {
  const [q] = useFilter("q");
  const [kind, setKind] = useFilter("kind");
  const isArchived = kind === "archived";
  const segments = useSegmentList({ q, kind: isArchived ? null : kind, archived: isArchived ? "true" : null });
  return (
    <>
      <div className="filters">
        <Searching placeholder={s.search} />
        <Segmented
          value={kind ?? "all"}
          onChange={(value) => setKind(value === "all" ? null : value)}
          options={Object.entries(s.filters).map(([value, label]) => ({ value, label }))}
        />
        <Views />
        <span className="filters-end">
          <NewSegment />
        </span>
      </div>
      <ResourceList
        pages={segments}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          q || kind ? (
            <Nothing title={s.nothingFound} hint={t.audience.filterHint}>
              <Link to="/audience">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={s.empty} hint={s.emptyHint}>
              <NewSegment />
            </Nothing>
          )
        }
      />
    </>
  );
}

export { SegmentsPage as Component };
