/** Today at a glance: figures, what is wrong, and who waits for a call. */
import { Alert, Skeleton } from "antd";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useLeads, useOverview } from "../../api/queries";
import type { Overview } from "../../api/types";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { dayHeading, dayKey, hourNow, platformNow } from "../../lib/time";
import { rowsOf } from "../../lib/rows";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Grade, Status } from "../../parts/Status";
import { PersonLine } from "../../parts/People";
import { t } from "../../texts";
import { Incidents } from "./Incidents";
import "./overview.css";

function Figure({ label, value, note, tone, to }: { label: string; value: string; note?: ReactNode; tone?: "bad"; to?: string }) {
  const body = (
    <>
      <span className="figure-label">{label}</span>
      <span className="figure-value">{value}</span>
      {note && <span className={tone === "bad" ? "figure-note figure-bad" : "figure-note"}>{note}</span>}
    </>
  );
  return to ? (
    <Link className="figure" to={to}>
      {body}
    </Link>
  ) : (
    <div className="figure">{body}</div>
  );
}

function Figures({ data }: { data: Overview }) {
  const { count } = t.common;
  const staff = useStaff();
  return (
    <div className="figures">
      <Panel title={t.overview.todayGroup}>
        <div className="figure-row">
          <Figure label={t.overview.deposits} value={yuan(data.deposits_fen)} to="/orders" />
          <Figure label={t.overview.reservations} value={count(data.reservations)} to="/orders" />
          <Figure
            label={t.overview.messages}
            value={count(data.messages_sent)}
            note={data.messages_failed ? t.overview.messagesFailed(data.messages_failed) : t.overview.noneFailed}
            tone={data.messages_failed ? "bad" : undefined}
            to={staff.dealer ? undefined : "/journeys"}
          />
        </div>
      </Panel>
      <Panel title={t.overview.nowGroup}>
        <div className="figure-row">
          <Figure
            label={t.overview.leads}
            value={count(data.leads_open)}
            note={data.leads_overdue ? t.overview.overdue(data.leads_overdue) : t.overview.noneOverdue}
            tone={data.leads_overdue ? "bad" : undefined}
            to={data.leads_overdue ? "/leads?status=overdue" : "/leads"}
          />
          <Figure label={t.overview.listed} value={count(data.vehicles_listed)} />
          <Figure label={t.overview.reserved} value={count(data.vehicles_reserved)} />
        </div>
      </Panel>
    </div>
  );
}

function WaitingLeads() {
  const leads = useLeads("open");
  const rows = rowsOf(leads).slice(0, 6);
  return (
    <Panel title={t.overview.waitingLeads} extra={<Link to="/leads">{t.common.seeAll}</Link>}>
      {leads.isPending ? (
        <Skeleton active title={false} paragraph={{ rows: 4, width: "100%" }} />
      ) : leads.error && rows.length === 0 ? (
        <Failure error={leads.error} retry={() => void leads.refetch()} />
      ) : rows.length === 0 ? (
        <Nothing title={t.overview.noWaitingLeads} hint={t.overview.noWaitingLeadsHint} />
      ) : (
        <ul className="plain">
          {rows.map((lead) => (
            <li key={lead.id}>
              <Link to={`/leads/${lead.id}`} className="card-row">
                <PersonLine person={lead.customer} />
                <span className="waiting-right">
                  <Status value={lead.status} texts={t.leads.status} />
                  {lead.overdue && <span className="overdue">{t.leads.overdue}</span>}
                  <Grade value={lead.grade} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function OverviewPage() {
  const staff = useStaff();
  const overview = useOverview();
  const today = dayKey(new Date(platformNow()).toISOString());
  const [, month, day] = today.split("-").map(Number) as [number, number, number];
  const weekday = t.time.weekdays[new Date(`${today}T00:00:00Z`).getUTCDay()];
  return (
    <Page
      title={t.say.and(t.overview.greeting(hourNow()), staff.name)}
      tab={t.nav.overview}
      subtitle={`${dayHeading(today)} · ${t.time.monthDay(month, day)} ${weekday}`}
    >
      {overview.data ? (
        <div className="stack">
          {overview.data.anomalies_unseen > 0 && (
            <Alert
              className="overview-alert"
              type="warning"
              showIcon
              title={t.overview.anomalies(overview.data.anomalies_unseen)}
              action={<Link to="/insight/anomalies?is_seen=false">{t.overview.seeAnomalies}</Link>}
            />
          )}
          <Figures data={overview.data} />
          <div className="halves">
            <WaitingLeads />
            <Incidents items={overview.data.incidents} moneyTasks={overview.data.money_tasks} />
          </div>
        </div>
      ) : (
        <Panel>
          {overview.error ? (
            <Failure error={overview.error} retry={() => void overview.refetch()} />
          ) : (
            <Skeleton active paragraph={{ rows: 6 }} />
          )}
        </Panel>
      )}
    </Page>
  );
}

export { OverviewPage as Component };
