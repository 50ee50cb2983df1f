/** One feed: how far it is, what it changed, what did not hold and why; one that was held waits for a word. */
import { DownloadOutlined } from "@ant-design/icons";
import { App, Button, Progress, Skeleton, Table, type TableColumnsType } from "antd";
import { useParams } from "react-router";
import { isMoving, reportOf, useFeed, useFeedWord, useRefusedRows, type Feed, type RefusedRow } from "../../api/stock";
import { rowsOf } from "../../lib/rows";
import { Failure, failureText } from "../../parts/Failure";
import { Figures } from "../../parts/Figures";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { More } from "../../parts/ResourceList";
import { scrolled } from "../../parts/Scrolled";
import { t } from "../../texts";
import { FeedStatus } from "./FeedStatus";
import { useKeeps } from "./roles";
import "./stock.css";

const f = t.stock.feed;
const BACK = { to: "/stock/feeds", label: t.stock.feeds };

const columns: TableColumnsType<RefusedRow> = [
  { title: f.reportColumns.line, dataIndex: "line", width: 80 },
  { title: f.reportColumns.number, width: 150, render: (_, row) => row.stock_number ?? t.common.none },
  { title: f.reportColumns.field, dataIndex: "field", width: 150 },
  { title: f.reportColumns.value, dataIndex: "value", width: 180 },
  { title: f.reportColumns.why, dataIndex: "label" },
];

function Report({ id }: { id: string }) {
  const rows = useRefusedRows(id);
  const shown = rowsOf(rows);
  if (rows.error) return <Failure error={rows.error} retry={() => void rows.refetch()} />;
  if (rows.isPending) return <Skeleton active />;
  if (shown.length === 0) return <Nothing title={f.noReport} />;
  return (
    <>
      <Table rowKey={(row) => `${row.line}.${row.field}.${row.value}`} dataSource={shown} columns={columns} pagination={false} size="small" components={scrolled} scroll={{ x: 720 }} />
      <More pages={rows} />
    </>
  );
}

function Held({ feed }: { feed: Feed }) {
  const { message } = App.useApp();
  const word = useFeedWord(feed.id);
  const keeps = useKeeps();
  const say = (what: "confirm" | "discard") =>
    word.mutate(what, { onSuccess: () => void message.success(f.said[what]), onError: (error) => void message.error(failureText(error)) });
  return (
    <div className="feed-held" role="alert">
      <p className="warn">{f.held(feed.withdrawn)}</p>
      {keeps && (
        <div className="chips">
          <Button type="primary" loading={word.isPending && word.variables === "discard"} onClick={() => say("discard")}>
            {f.discard}
          </Button>
          <Button danger loading={word.isPending && word.variables === "confirm"} onClick={() => say("confirm")}>
            {f.confirm(feed.withdrawn)}
          </Button>
        </div>
      )}
    </div>
  );
}

/** The columns that a refusal names. */
function listed(details: Record<string, unknown> | undefined, name: string): string {
  const said = details?.[name];
  return Array.isArray(said) ? t.say.list(said) : "";
}

function Refused({ feed }: { feed: Feed }) {
  const [unknown, missing] = [listed(feed.error?.details, "unknown"), listed(feed.error?.details, "missing")];
  return (
    <div className="bad" role="alert">
      <p>{f.refused}</p>
      {unknown && <p>{f.unknownColumns(unknown)}</p>}
      {missing && <p>{f.missingColumns(missing)}</p>}
    </div>
  );
}

function FeedPage() {
  const { id = "" } = useParams();
  const found = useFeed(id);
  const feed = found.data;
  if (!feed)
    return (
      <Page title={t.stock.feeds} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>
      </Page>
    );
  const figures: [string, number][] = [
    [f.rows, feed.rows],
    [f.created, feed.created],
    [f.updated, feed.updated],
    [f.unchanged, feed.unchanged],
    [feed.status === "held" ? f.wouldWithdraw : f.withdrawn, feed.withdrawn],
    [f.rejected, feed.rejected],
  ];
  return (
    <Page
      title={feed.file_name || f.unnamed}
      back={BACK}
      subtitle={
        <span className="title-line">
          <FeedStatus feed={feed} />
          <Moment at={feed.created_at} />
        </span>
      }
    >
      <div className="stack">
        <Panel>
          {isMoving(feed) && <Progress percent={feed.progress} status="active" aria-label={feed.status_label} />}
          {feed.status === "held" && <Held feed={feed} />}
          {feed.status === "refused" ? <Refused feed={feed} /> : <Figures items={figures} />}
        </Panel>
        <Panel
          title={f.report}
          extra={
            feed.finished_at && (
              <a href={reportOf(feed.id)} download>
                <DownloadOutlined /> {f.download}
              </a>
            )
          }
        >
          {isMoving(feed) ? <span className="quiet">{f.reportWaits}</span> : <Report key={feed.status} id={feed.id} />}
        </Panel>
      </div>
    </Page>
  );
}

export { FeedPage as Component };
