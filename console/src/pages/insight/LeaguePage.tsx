/** The stores side by side, ranked by one figure, with the days before beside these. */
import { Select, Skeleton, Table } from "antd";
import type { TableProps } from "antd";
import { useLeague, type League } from "../../api/insight";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { scrolled } from "../../parts/Scrolled";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Days, ReadUntil, useDays } from "./Days";
import "./insight.css";

const l = t.insight.league;
const PAGE = 20;

type Store = League["items"][number];
type Figures = Store["now"];
type Sort = keyof Figures & keyof typeof l.sorts;

const counted = (n: number) => t.insight.count(n);
const percent = (share: number | null, of: number) => (share === null ? (of ? l.few : l.none) : `${(100 * share).toFixed(1)}%`);

/** How a figure is written. */
const WRITTEN: Record<string, (of: Figures) => string> = {
  sales: (of) => counted(of.sales),
  sales_of_leads: (of) => percent(of.sales_of_leads, of.leads),
  leads: (of) => counted(of.leads),
  in_time: (of) => percent(of.in_time, of.asked),
  answer_seconds: (of) => (of.answer_seconds === null ? l.none : l.seconds(of.answer_seconds)),
  test_drives: (of) => counted(of.test_drives),
  deposits: (of) => counted(of.deposits),
  refunds: (of) => counted(of.refunds),
};

function columns(sort: string): TableProps<Store>["columns"] {
  return [
    {
      title: l.rank,
      dataIndex: "rank",
      width: 64,
      align: "center",
      render: (rank: number | null) => (rank === null ? <span title={l.notRanked}>—</span> : <strong>{rank}</strong>),
    },
    {
      title: l.store,
      dataIndex: "name",
      render: (name: string, store) => (
        <span className="league-store">
          {name}
          <small>
            {store.dealer} · {store.city}
          </small>
        </span>
      ),
    },
    // What ranks them stands first: on a phone there is room for little more.
    ...[sort, ...Object.keys(l.sorts).filter((name) => name !== sort)].map((name) => ({
      key: name,
      title: l.sorts[name],
      align: "right" as const,
      className: name === sort ? "league-sorted" : "",
      render: (_: unknown, store: Store) => (
        <span className="league-figure">
          {WRITTEN[name]?.(store.now)}
          <small>{l.before(WRITTEN[name]?.(store.before) ?? "")}</small>
        </span>
      ),
    })),
  ];
}

function LeaguePage() {
  const days = useDays();
  const [sorted, setSort] = useFilter("sort", "page");
  const [paged, setPage] = useFilter("page");
  const sort: Sort = sorted && sorted in l.sorts ? (sorted as Sort) : "sales";
  const page = Math.max(1, Number(paged) || 1);
  const asked = { ...days, sort };
  const league = useLeague(asked, page);
  const data = league.data;
  return (
    <>
      <div className="filters">
        <Days {...days} />
        <Select
          className="insight-narrow"
          aria-label={l.byLabel}
          value={sort}
          onChange={setSort}
          options={Object.entries(l.sorts).map(([value, label]) => ({ value, label: l.by(label) }))}
          popupMatchSelectWidth={false}
        />
        <Views>
          <ExportButton list="console.league" asked={asked} />
        </Views>
      </div>
      {league.error && <Failure error={league.error} retry={() => void league.refetch()} />}
      {league.isPending ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
        </Panel>
      ) : !data || league.error ? null : data.total === 0 ? (
        <Panel>
          <Nothing title={l.empty} hint={l.emptyHint} />
        </Panel>
      ) : (
        <Panel>
          <Table
            rowKey="id"
            size="middle"
            className={league.isPlaceholderData ? "list-stale" : ""}
            dataSource={data.items}
            columns={columns(sort)}
            components={scrolled}
            scroll={{ x: "max-content" }}
            pagination={
              data.total > PAGE && {
                current: page,
                pageSize: PAGE,
                total: data.total,
                showSizeChanger: false,
                onChange: (to) => setPage(to === 1 ? null : String(to)),
              }
            }
          />
          <p className="quiet insight-note">
            {l.period(data.before.since, data.before.until)}
            {l.rankedOf(data.ranked)}
            {l.means}
          </p>
          <ReadUntil at={data.read_until} />
        </Panel>
      )}
    </>
  );
}

export { LeaguePage as Component };
