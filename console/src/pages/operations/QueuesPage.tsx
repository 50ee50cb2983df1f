/** What waits, what runs, what failed and can be tried again, and what is done by the clock. */
import { Alert, App, Button, Skeleton, Table, type TableColumnsType } from "antd";
import { useQueues, useRetryRun, type FailedRun, type Queues } from "../../api/operations";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { scrolled } from "../../parts/Scrolled";
import { t } from "../../texts";

const q = t.operations.queue;

function Line({ line }: { line: Queues["queues"][number] }) {
  const figures: [string, number, string?][] = [
    [q.waiting, line.waiting],
    [q.running, line.running],
    [q.failed, line.failed, line.failed > 0 ? "bad" : undefined],
  ];
  return (
    <Panel title={q.names[line.queue] ?? line.queue}>
      <dl className="figures">
        {figures.map(([label, n, tone]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd className={tone}>{t.common.count(n)}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function Retry({ run }: { run: FailedRun }) {
  const { message } = App.useApp();
  const retry = useRetryRun();
  return (
    <Button
      size="small"
      loading={retry.isPending}
      onClick={() => retry.mutate(run.id, { onSuccess: () => void message.success(q.retried), onError: (error) => void message.error(failureText(error)) })}
    >
      {q.retry}
    </Button>
  );
}

const failedColumns: TableColumnsType<FailedRun> = [
  { title: q.failedColumns.job, render: (_, run) => <code>{run.name}</code> },
  { title: q.failedColumns.about, render: (_, run) => <code className="quiet">{Object.values(run.ids).join(" ") || t.common.none}</code> },
  { title: q.failedColumns.error, render: (_, run) => <code className="bad">{run.error}</code> },
  { title: q.failedColumns.at, width: 130, render: (_, run) => <Moment at={run.failed_at} /> },
  { title: q.failedColumns.act, width: 90, render: (_, run) => <Retry run={run} /> },
];

const workerColumns: TableColumnsType<Queues["workers"][number]> = [
  { title: q.columns.worker, render: (_, one) => <code>{one.worker}</code> },
  { title: q.columns.job, render: (_, one) => (one.name ? <code>{one.name}</code> : <span className="quiet">{q.idle}</span>) },
  { title: q.columns.since, width: 130, render: (_, one) => <Moment at={one.since} /> },
];

const periodicColumns: TableColumnsType<Queues["periodic"][number]> = [
  { title: q.periodicColumns.job, render: (_, one) => <code>{one.name}</code> },
  { title: q.periodicColumns.queue, width: 110, render: (_, one) => q.names[one.queue] ?? one.queue },
  { title: q.periodicColumns.when, width: 160, render: (_, one) => (one.every ? q.every(one.every) : <code>{one.cron}</code>) },
];

function QueuesPage() {
  const found = useQueues();
  const told = found.data;
  if (found.error && !told) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!told) return <Skeleton active paragraph={{ rows: 8 }} />;
  return (
    <div className="stack">
      {!told.reachable && <Alert type="error" showIcon title={q.silent} description={q.silentHint} />}
      <div className="lines">
        {told.queues.map((line) => (
          <Line key={line.queue} line={line} />
        ))}
      </div>
      {told.reachable && (
        <>
          <Panel title={q.failures} flush={told.failed.length > 0}>
            {told.failed.length === 0 ? <span className="quiet">{q.noFailures}</span> : <Table rowKey="id" dataSource={told.failed} columns={failedColumns} pagination={false} components={scrolled} scroll={{ x: "max-content" }} />}
          </Panel>
          <Panel title={q.workers} flush={told.workers.length > 0}>
            {told.workers.length === 0 ? <span className="bad">{q.noWorkers}</span> : <Table rowKey="worker" dataSource={told.workers} columns={workerColumns} pagination={false} components={scrolled} scroll={{ x: "max-content" }} />}
          </Panel>
        </>
      )}
      <details>
        <summary className="section-title">{q.periodic(told.periodic.length)}</summary>
        <Panel flush>
          <Table rowKey="name" dataSource={told.periodic} columns={periodicColumns} pagination={false} size="small" components={scrolled} scroll={{ x: "max-content" }} />
        </Panel>
      </details>
    </div>
  );
}

export { QueuesPage as Component };
