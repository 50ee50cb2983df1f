/** One plan: what it says and for which cars, what a consumer reads of it, and every version there was. */
import { Button, Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { usePlan, type Plan, type PlanRow } from "../../api/plans";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { t } from "../../texts";
import { forWhat, termsOf, whatIsPaid } from "./fields";
import { HOME, PlanStatus, Steps, useMayKeep, useWords } from "./plans";
import { Preview } from "./Preview";
import "./plans.css";

const p = t.plans;

function Version({ row, isThis, mayKeep }: { row: PlanRow; isThis: boolean; mayKeep: boolean }) {
  return (
    <li className="trail-step">
      <div className="trail-what">
        {isThis ? <strong>{p.version(row.version ?? 0)}</strong> : <Link to={`/plans/${row.id}`}>{p.version(row.version ?? 0)}</Link>}
        <PlanStatus plan={row} />
        {mayKeep && row.state === "ended" && (
          <Link to={`/plans/new?from=${row.id}`}>
            <Button size="small">{p.restore}</Button>
          </Link>
        )}
      </div>
      <small className="quiet">
        {row.published_at && p.sinceUntil(absolute(row.published_at), row.ended_at && absolute(row.ended_at))} · {row.published_by ? p.by(row.published_by) : p.byFile}
      </small>
    </li>
  );
}

function Whole({ plan }: { plan: Plan }) {
  const mayKeep = useMayKeep();
  const words = useWords();
  const terms = termsOf(plan);
  return (
    <Page
      title={plan.name}
      back={HOME}
      subtitle={
        <span className="title-line">
          <PlanStatus plan={plan} />
          {plan.version !== null && <span>{p.version(plan.version)}</span>}
          {plan.replaces?.version && <span>{p.willReplace(plan.replaces.version)}</span>}
        </span>
      }
      extra={mayKeep && <Steps plan={plan} />}
    >
      <div className="plan-columns">
        <div className="stack">
          <Panel title={p.sections.basics}>
            <Facts items={whatIsPaid(terms, plan.kind.label)} />
          </Panel>
          <Panel title={p.sections.cars}>
            <Facts items={[...forWhat(terms, words.series, words.condition), [p.cars, p.carsOf(plan.cars)]]} />
          </Panel>
          {plan.versions.length > 0 && (
            <Panel title={p.sections.versions} extra={<SettingsHistory of="plans" />}>
              <ol className="trail">
                {plan.versions.map((row) => (
                  <Version key={row.id} row={row} isThis={row.id === plan.id} mayKeep={mayKeep} />
                ))}
              </ol>
            </Panel>
          )}
        </div>
        <Preview terms={terms} />
      </div>
    </Page>
  );
}

function PlanPage() {
  const { id = "" } = useParams();
  const found = usePlan(id);
  if (!found.data)
    return (
      <Page title={p.title} back={HOME}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  return <Whole key={id} plan={found.data} />;
}

export { PlanPage as Component };
