/** How far a day's comparison has come, what it compared, and what it found. */
import { Progress, Tooltip } from "antd";
import { isRunning, type Run, type Sums } from "../../api/finance";
import { yuan } from "../../lib/money";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

export function RunState({ run }: { run: Run }) {
  const state = <Status value={run.status} texts={{ [run.status]: run.status_label }} />;
  if (!isRunning(run.status)) return run.error_label ? <Tooltip title={run.error_label}>{state}</Tooltip> : state;
  return (
    <span className="run-running">
      {state}
      {run.status === "waiting" ? null : <Progress percent={run.progress} size="small" aria-label={t.runs.progress} />}
    </span>
  );
}

/** What came in less what went back, over how many of each. */
export function NetSums({ sums, short }: { sums: Sums | null; short?: boolean }) {
  if (!sums) return <span className="quiet">{t.common.none}</span>;
  const net = <span className="amount">{yuan(sums.payments_fen - sums.refunds_fen)}</span>;
  if (short) return net;
  return (
    <span className="two-lines figures-cell">
      {net}
      <small>{t.runs.counts(sums.payments, sums.refunds)}</small>
    </span>
  );
}

export function Found({ run }: { run: Run }) {
  if (run.open_differences > 0) return <span className="status status-bad">{t.runs.open(run.open_differences)}</span>;
  if (run.status !== "done") return <span className="quiet">{t.common.none}</span>;
  return <span className="status status-good">{run.differences > 0 ? t.runs.allResolved(run.differences) : t.runs.agrees}</span>;
}
