/** What people passed on, whom it brought, how far it went, and who brought most. */
import { Alert, Button, Drawer, Skeleton, Statistic, Table } from "antd";
import type { TableProps } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useSharing, type Sharing } from "../../api/insight";
import { useIsPhone } from "../../app/ThemeMode";
import { BroughtTree } from "../../parts/BroughtTree";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { nameOf, PersonLine } from "../../parts/People";
import { scrolled } from "../../parts/Scrolled";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Days, useDays } from "./Days";
import "./insight.css";

const s = t.insight.sharing;
const PAGE = 20;
/** The server turns so many pages; whoever brought less is in the file. */
const MOST_PAGES = 1000;

type Level = Sharing["levels"][number];
type Sharer = Sharing["sharers"][number];

const figure = (title: string, dataIndex: string) => ({ title, dataIndex, align: "right" as const, className: "league-figure", render: t.insight.count });
const LED_TO = Object.entries(s.figures).map(([name, title]) => figure(title, name));

/** The figure is of the days and the whole chain; behind it stand, ever, those whom her own shares brought, and so on. */
function Newcomers({ sharer }: { sharer: Sharer }) {
  const [open, setOpen] = useState(false);
  const phone = useIsPhone();
  if (sharer.newcomers === 0) return t.insight.count(0);
  return (
    <>
      <Button type="link" size="small" aria-label={s.brought.open(sharer.newcomers)} onClick={() => setOpen(true)}>
        {t.insight.count(sharer.newcomers)}
      </Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={s.brought.of(nameOf(sharer.person))} size={phone ? "100%" : 460}>
        <p className="quiet">{s.brought.hint}</p>
        {open && <BroughtTree of={sharer.person.id} />}
      </Drawer>
    </>
  );
}

const LEVELS: TableProps<Level>["columns"] = [
  { title: s.level, dataIndex: "removed", render: (removed: number) => s.levels[removed] ?? removed },
  figure(s.sharers, "sharers"),
  figure(s.shares, "shares"),
  ...LED_TO,
];

const SHARERS: TableProps<Sharer>["columns"] = [
  {
    title: s.sharer,
    dataIndex: "person",
    render: (person: Sharer["person"]) => (
      <Link to={`/customers/${person.id}`}>
        <PersonLine person={person} />
      </Link>
    ),
  },
  { ...figure(s.figures.newcomers, "newcomers"), render: (_, sharer) => <Newcomers sharer={sharer} /> },
  ...LED_TO.filter(({ dataIndex }) => dataIndex !== "newcomers"),
  figure(s.shares, "shares"),
  figure(s.ownNewcomers, "own_newcomers"),
];

function Factor({ k, total }: Pick<Sharing, "k" | "total">) {
  const each = (part: number, of: number) => (of ? (part / of).toFixed(2) : s.none);
  return (
    <>
      <div className="sharing-figures">
        <Statistic title={s.k} value={k === null ? s.none : k.toFixed(2)} />
        <Statistic title={s.sharers} value={t.insight.count(total.sharers)} />
        <Statistic title={s.perSharer} value={each(total.shares, total.sharers)} />
        <Statistic title={s.perShare} value={each(total.newcomers, total.shares)} />
        <Statistic title={s.figures.newcomers} value={t.insight.count(total.newcomers)} />
      </div>
      <Alert type="info" showIcon title={s.kMeans} description={s.means} />
    </>
  );
}

function SharingPage() {
  const days = useDays();
  const [paged, setPage] = useFilter("page");
  const page = Math.max(1, Number(paged) || 1);
  const sharing = useSharing(days, page);
  const data = sharing.data;
  return (
    <>
      <div className="filters">
        <Days {...days} />
        <Views>
          <ExportButton list="console.sharing" asked={days} />
        </Views>
      </div>
      {sharing.error && <Failure error={sharing.error} retry={() => void sharing.refetch()} />}
      {sharing.isPending ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
        </Panel>
      ) : !data || sharing.error ? null : data.total.shares === 0 ? (
        <Panel>
          <Nothing title={s.empty} hint={s.emptyHint} />
        </Panel>
      ) : (
        <div className="stack">
          <Panel>
            <Factor k={data.k} total={data.total} />
          </Panel>
          <Panel title={s.chain}>
            <Table rowKey="removed" size="middle" dataSource={data.levels} columns={LEVELS} components={scrolled} scroll={{ x: "max-content" }} pagination={false} />
          </Panel>
          <Panel title={s.top}>
            <Table
              rowKey={(one) => one.person.id}
              size="middle"
              className={sharing.isPlaceholderData ? "list-stale" : ""}
              dataSource={data.sharers}
              columns={SHARERS}
              components={scrolled}
              scroll={{ x: "max-content" }}
              pagination={
                data.total.sharers > PAGE && {
                  current: page,
                  pageSize: PAGE,
                  total: Math.min(data.total.sharers, PAGE * MOST_PAGES),
                  showSizeChanger: false,
                  onChange: (to) => setPage(to === 1 ? null : String(to)),
                }
              }
            />
            <p className="quiet insight-note">{s.topMeans}</p>
          </Panel>
        </div>
      )}
    </>
  );
}

export { SharingPage as Component };
