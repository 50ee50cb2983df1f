/** One day of one merchant account: both sides' sums, and what differs. */
import { DownloadOutlined, ReloadOutlined } from "@ant-design/icons";
import { Alert, App, Button, Dropdown, Skeleton } from "antd";
import { useParams } from "react-router";
import { isRunning, type RunDetail } from "../../api/finance";
import { exportOf, useRun, useRunAgain } from "../../api/financeQueries";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { absolute, dayWithWeekday } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { Differences } from "./Differences";
import { mayDealWithMoney } from "./roles";
import { RunState } from "./runs";
import { sidesOf } from "./words";
import "./finance.css";

function Sides({ run }: { run: RunDetail }) {
  return (
    <div className="sides-scroll" tabIndex={0}>
      <table className="sides">
        <thead>
          <tr>
            <th />
            <th className="amount">{t.runs.columns.ours}</th>
            <th className="amount">{t.runs.columns.theirs}</th>
            <th className="amount">{t.runs.sums.gap}</th>
          </tr>
        </thead>
        <tbody>
          {sidesOf(run).map(([label, ours, theirs, write]) => (
            <tr key={label}>
              <td>{label}</td>
              <td className="amount">{write(ours)}</td>
              <td className="amount">{write(theirs)}</td>
              <td className={ours === theirs ? "amount quiet" : "amount bad"}>{ours === theirs ? t.common.none : write(theirs - ours)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet sides-more">
        {run.theirs && t.runs.fee(yuan(run.theirs.fee_fen))}
        {run.flow && ` · ${t.runs.flow(yuan(run.flow.in_fen), yuan(run.flow.out_fen), yuan(run.flow.other_fen))}`}
      </p>
    </div>
  );
}

function Compared({ run }: { run: RunDetail }) {
  return (
    <Panel
      title={t.runs.sides}
      extra={
        <span className="run-state">
          <RunState run={run} />
          {run.finished_at && (
            <span className="quiet">
              <Moment at={run.finished_at} />
            </span>
          )}
        </span>
      }
    >
      {run.error_label && (
        <Alert
          className="run-error"
          type={run.status === "failed" ? "error" : "warning"}
          showIcon
          title={run.error_label}
          description={[run.detail, run.next_try_at && t.runs.nextTry(absolute(run.next_try_at))].filter(Boolean).join(" · ") || undefined}
        />
      )}
      {run.ours && run.theirs ? <Sides run={run} /> : <span className="quiet">{isRunning(run.status) ? t.runs.comparing : t.runs.notCompared}</span>}
    </Panel>
  );
}

function RunActions({ run }: { run: RunDetail }) {
  const staff = useStaff();
  const { message } = App.useApp();
  const again = useRunAgain();
  const start = () =>
    again.mutate(
      { bill_on: run.bill_on, account_id: run.merchant.account_id },
      { onSuccess: () => message.success(t.runs.started), onError: (error) => message.error(failureText(error)) },
    );
  const exports = (["differences", "lines"] as const).map((what) => ({
    key: what,
    label: (
      <a href={exportOf(run.id, what)} download>
        {t.runs.exports[what]}
      </a>
    ),
  }));
  return (
    <>
      <Dropdown menu={{ items: exports }} trigger={["click"]} disabled={run.status !== "done"}>
        <Button icon={<DownloadOutlined />}>{t.finance.export}</Button>
      </Dropdown>
      {mayDealWithMoney(staff) && (
        <Button icon={<ReloadOutlined />} loading={again.isPending} disabled={isRunning(run.status)} onClick={start}>
          {t.runs.again}
        </Button>
      )}
    </>
  );
}

function RunPage() {
  const { id = "" } = useParams();
  const found = useRun(id);
  const run = found.data;
  const back = { to: "/finance", label: t.finance.runs };
  if (!run)
    return (
      <Page title={t.finance.runs} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page title={t.runs.title(dayWithWeekday(run.bill_on))} back={back} subtitle={`${run.merchant.name} · ${run.merchant.mchid}`} extra={<RunActions run={run} />}>
      <div className="stack">
        <Compared run={run} />
        {run.differences > 0 ? (
          <Differences run={run} />
        ) : (
          run.status === "done" && (
            <Panel>
              <Nothing title={t.runs.agreesTitle} hint={t.runs.agreesHint} />
            </Panel>
          )
        )}
      </div>
    </Page>
  );
}

export { RunPage as Component };
