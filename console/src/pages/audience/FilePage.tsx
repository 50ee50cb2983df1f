/** One file: how far it is, what it changed, what did not hold and why; a file of tags can be taken back. */
import { DownloadOutlined } from "@ant-design/icons";
import { App, Button, Progress, Skeleton, Table, type TableColumnsType } from "antd";
import { useParams } from "react-router";
import { reportOf, useFile, useUndoFile, useUnfitRows, type PeopleFile, type UnfitRow } from "../../api/audience";
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
import { FileStatus } from "./FileStatus";
import { changesOf, isMoving } from "./runs";
import "./audience.css";

const f = t.audience.file;
const BACK = { to: "/audience/files", label: t.audience.files };

const columns: TableColumnsType<UnfitRow> = [
  { title: f.reportColumns.line, dataIndex: "line", width: 80 },
  { title: f.reportColumns.field, dataIndex: "field_label", width: 120 },
  { title: f.reportColumns.value, dataIndex: "value", width: 180 },
  { title: f.reportColumns.why, dataIndex: "label" },
  { title: f.reportColumns.done, width: 130, render: (_, row) => (row.left_out ? f.leftOut : f.noted) },
];

function Changes({ file }: { file: PeopleFile }) {
  const tags: [string, number][] = [
    [f.tagsAdded, file.tags_added],
    [f.tagsRemoved, file.tags_removed],
    [f.tagsChanged, file.tags_changed],
  ];
  const people: [string, number][] = [
    [f.created, file.created],
    [f.updated, file.updated],
  ];
  const shown: [string, number][] = [
    [f.rows, file.rows],
    ...(file.kind === "people" ? people : []),
    ...tags.filter(([, n]) => n > 0 || file.kind === "tags"),
    [f.unchanged, file.unchanged],
    [f.rejected, file.rejected],
  ];
  return <Figures items={shown} />;
}

function Report({ id }: { id: string }) {
  const rows = useUnfitRows(id);
  const shown = rowsOf(rows);
  if (rows.error) return <Failure error={rows.error} retry={() => void rows.refetch()} />;
  if (rows.isPending) return <Skeleton active />;
  if (shown.length === 0) return <Nothing title={f.noReport} />;
  return (
    <>
      <Table rowKey={(row) => `${row.line}.${row.field}.${row.value}.${row.label}`} dataSource={shown} columns={columns} pagination={false} size="small" components={scrolled} scroll={{ x: 640 }} />
      <More pages={rows} />
    </>
  );
}

function Undo({ file }: { file: PeopleFile }) {
  const { message, modal } = App.useApp();
  const undo = useUndoFile(file.id);
  const ask = () =>
    modal.confirm({
      title: f.undoTitle,
      content: f.undoHint(changesOf(file)),
      okText: f.undo,
      okButtonProps: { danger: true },
      onOk: () => undo.mutateAsync().then(undefined, (error) => void message.error(failureText(error))),
    });
  return (
    <Button danger onClick={() => void ask()} loading={undo.isPending}>
      {f.undo}
    </Button>
  );
}

function FilePage() {
  const { id = "" } = useParams();
  const found = useFile(id);
  const file = found.data;
  if (!file)
    return (
      <Page title={t.audience.files} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>
      </Page>
    );
  const missing = file.error?.details?.["columns"];
  return (
    <Page
      title={file.file_name || f.unnamed}
      back={BACK}
      subtitle={
        <span className="title-line">
          <span>{f[file.kind]}</span>
          <FileStatus file={file} />
          <Moment at={file.created_at} />
        </span>
      }
      extra={file.kind === "tags" && file.status === "done" && changesOf(file) > 0 && <Undo file={file} />}
    >
      <div className="stack">
        <Panel>
          {isMoving(file) && <Progress percent={file.progress} status="active" aria-label={file.status_label} />}
          {file.status === "refused" ? (
            <p className="bad" role="alert">
              {f.refused}
              {typeof missing === "string" && t.say.next("", f.refusedWhy(missing))}
            </p>
          ) : (
            <Changes file={file} />
          )}
          {file.status === "undone" && <p>{f.undone(file.taken_back, file.kept)}</p>}
        </Panel>
        <Panel
          title={f.report}
          extra={
            file.finished_at && (
              <a href={reportOf(file.id)} download>
                <DownloadOutlined /> {f.download}
              </a>
            )
          }
        >
          {isMoving(file) && file.rejected === 0 ? <span className="quiet">{f.reportWaits}</span> : <Report key={file.status} id={file.id} />}
        </Panel>
      </div>
    </Page>
  );
}

export { FilePage as Component };
