/** Files of people and of tags: handing them in with their progress, and what became of earlier ones. */
import { DownloadOutlined, InboxOutlined } from "@ant-design/icons";
import { App, Button, Progress, Upload, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFiles, useHandIn, type PeopleFile } from "../../api/audience";
import { BOM, saveText } from "../../lib/files";
import { failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { t } from "../../texts";
import { FileStatus } from "./FileStatus";
import { changesOf } from "./runs";

const f = t.audience.file;
const linkTo = (row: PeopleFile) => `/audience/files/${row.id}`;

const columns: TableColumnsType<PeopleFile> = [
  {
    title: f.columns.file,
    render: (_, row) => (
      <Link to={linkTo(row)} className="audience-name">
        {row.file_name || f.unnamed}
      </Link>
    ),
  },
  { title: f.columns.kind, width: 90, render: (_, row) => f.kinds[row.kind] },
  { title: f.columns.status, width: 210, render: (_, row) => <FileStatus file={row} /> },
  { title: f.columns.rows, width: 110, align: "right", render: (_, row) => <span className="amount">{t.common.count(row.rows)}</span> },
  { title: f.columns.result, width: 220, render: (_, row) => f.result(changesOf(row), row.rejected) },
  { title: f.columns.at, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
];

function card(row: PeopleFile) {
  return (
    <>
      <div className="card-row">
        <strong className="audience-name ellipsis">{row.file_name || f.unnamed}</strong>
        <span className="quiet">{f.kinds[row.kind]}</span>
      </div>
      <div className="card-row">
        <FileStatus file={row} />
        <Moment at={row.created_at} />
      </div>
      <div className="card-row card-foot">{f.result(changesOf(row), row.rejected)}</div>
    </>
  );
}

function Way({ kind, tag }: { kind: PeopleFile["kind"]; tag: string }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [percent, setPercent] = useState(0);
  const handIn = useHandIn(setPercent);
  const template = kind === "people" ? f.templates.people : f.templates.tags(tag);
  return (
    <Panel
      title={f[kind]}
      extra={
        <Button size="small" type="text" icon={<DownloadOutlined />} onClick={() => saveText(BOM + template, `${f.templateNames[kind]}.csv`, "text/csv")}>
          {f.template}
        </Button>
      }
    >
      <div className="file-way">
        <p className="quiet">{kind === "people" ? f.peopleHint : f.tagsHint}</p>
        <Upload.Dragger
          accept=".csv,text/csv"
          showUploadList={false}
          disabled={handIn.isPending}
          beforeUpload={(file) => {
            setPercent(0);
            handIn.mutate(
              { file, kind },
              { onSuccess: (run) => void navigate(linkTo(run)), onError: (error) => void message.error(failureText(error)) },
            );
            return false;
          }}
        >
          {handIn.isPending ? (
            <div className="file-sending">
              <Progress percent={percent} status="active" aria-label={f.sending(percent)} />
            </div>
          ) : (
            <>
              <p className="ant-upload-drag-icon">
                <InboxOutlined />
              </p>
              <p className="ant-upload-text">{f.drop}</p>
              <p className="ant-upload-hint">{f.dropHint}</p>
            </>
          )}
        </Upload.Dragger>
      </div>
    </Panel>
  );
}

function FilesPage() {
  const [kind] = useFilter("kind");
  const [tag] = useFilter("tag");
  const files = useFiles();
  const ways: PeopleFile["kind"][] = kind === "tags" ? ["tags", "people"] : ["people", "tags"];
  return (
    <>
      <div className="file-ways">
        {ways.map((one) => (
          <Way key={one} kind={one} tag={tag ?? ""} />
        ))}
      </div>
      <h2 className="section-title">{f.history}</h2>
      <ResourceList pages={files} columns={columns} card={card} linkTo={linkTo} empty={<Nothing title={f.empty} hint={f.emptyHint} />} />
    </>
  );
}

export { FilesPage as Component };
