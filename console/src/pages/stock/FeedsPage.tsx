/** Files that bring cars: handing one in with its progress, and what became of earlier ones. */
import { DownloadOutlined, InboxOutlined } from "@ant-design/icons";
import { App, Button, Progress, Select, Upload, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useFeeds, useHandInFeed, useMappings, type Feed } from "../../api/stock";
import { useDealers } from "../../api/terms";
import { useStaff } from "../../app/session";
import { BOM, saveText } from "../../lib/files";
import { failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { t } from "../../texts";
import { FeedStatus } from "./FeedStatus";
import { useKeeps } from "./roles";

const f = t.stock.feed;
const STANDARD = "standard";
const WITHDRAW_AFTER = 3;
const linkTo = (row: Feed) => `/stock/feeds/${row.id}`;
const changesOf = (feed: Feed) => feed.created + feed.updated + feed.withdrawn;
const nameOf = (feed: Feed) => feed.file_name || f.unnamed;

const columns: TableColumnsType<Feed> = [
  { title: f.columns.file, render: (_, row) => <Link to={linkTo(row)}>{nameOf(row)}</Link> },
  { title: f.columns.status, width: 210, render: (_, row) => <FeedStatus feed={row} /> },
  { title: f.columns.rows, width: 110, align: "right", render: (_, row) => <span className="amount">{t.common.count(row.rows)}</span> },
  { title: f.columns.result, width: 240, render: (_, row) => f.result(changesOf(row), row.rejected) },
  { title: f.columns.at, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
];

function card(row: Feed) {
  return (
    <>
      <div className="card-row">
        <strong className="ellipsis">{nameOf(row)}</strong>
        <Moment at={row.created_at} />
      </div>
      <div className="card-row">
        <FeedStatus feed={row} />
      </div>
      <div className="card-row card-foot">{f.result(changesOf(row), row.rejected)}</div>
    </>
  );
}

function OfWhom({ value, onChange }: { value: string | null; onChange: (value: string | null) => void }) {
  const dealers = useDealers();
  return (
    <label className="feed-choice">
      <span className="quiet">{f.dealer}</span>
      <Select
        aria-label={f.dealer}
        allowClear
        showSearch={{ optionFilterProp: "label" }}
        placeholder={f.byRow}
        value={value}
        onChange={(chosen) => onChange(chosen ?? null)}
        options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
      />
    </label>
  );
}

function HandIn() {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const isOfTheBrand = !useStaff().dealer;
  const mappings = useMappings();
  const [mapping, setMapping] = useState(STANDARD);
  const [dealerId, setDealerId] = useState<string | null>(null);
  const [after, setAfter] = useState(WITHDRAW_AFTER);
  const [percent, setPercent] = useState(0);
  const handIn = useHandInFeed(setPercent);
  const readColumns = mappings.data?.items.find((one) => one.key === mapping)?.columns ?? [];
  return (
    <Panel
      title={f.title}
      extra={
        mapping === STANDARD && (
          <Button size="small" type="text" icon={<DownloadOutlined />} onClick={() => saveText(`${BOM}${readColumns.join(",")}\n`, `${f.templateName}.csv`, "text/csv")}>
            {f.template}
          </Button>
        )
      }
    >
      <div className="feed-choices">
        <label className="feed-choice">
          <span className="quiet">{f.mapping}</span>
          <Select
            aria-label={f.mapping}
            value={mapping}
            onChange={setMapping}
            options={mappings.data?.items.map(({ key }) => ({ value: key, label: f.mappings[key] ?? key }))}
          />
        </label>
        {isOfTheBrand && <OfWhom value={dealerId} onChange={setDealerId} />}
        <label className="feed-choice">
          <span className="quiet">{f.withdrawAfter}</span>
          <Select aria-label={f.withdrawAfter} value={after} onChange={setAfter} options={[1, 2, 3, 5, 0].map((n) => ({ value: n, label: n === 0 ? f.never : f.times(n) }))} />
        </label>
      </div>
      {readColumns.length > 0 && (
        <details className="feed-columns quiet">
          <summary>{f.columnsHint}</summary>
          {t.say.list(readColumns)}
        </details>
      )}
      <Upload.Dragger
        accept=".csv,.json,.jsonl,.ndjson,text/csv,application/json"
        showUploadList={false}
        disabled={handIn.isPending}
        beforeUpload={(file) => {
          setPercent(0);
          handIn.mutate(
            { file, mapping, dealer_id: dealerId, withdraw_after: after },
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
    </Panel>
  );
}

function FeedsPage() {
  const keeps = useKeeps();
  const feeds = useFeeds();
  return (
    <>
      {keeps ? <HandIn /> : <p className="quiet">{t.stock.lookOnly}</p>}
      <h2 className="section-title">{f.history}</h2>
      <ResourceList pages={feeds} columns={columns} card={card} linkTo={linkTo} empty={<Nothing title={f.empty} hint={f.emptyHint} />} />
    </>
  );
}

export { FeedsPage as Component };
