/** What a journey led to: its goal against the control group, its A/B tests, and every step in numbers. */
import { Alert, Skeleton, Table, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useResults, type NodeResult, type Results, type Trial } from "../../api/results";
import { absolute } from "../../lib/time";
import { ExportButton } from "../../parts/ExportButton";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { brief, valueOf, type Figure } from "./figures";
import { against, Intervals } from "./Interval";
import { useFramed } from "./JourneyFrame";
import { VersionPick } from "./VersionPick";

const r = t.results;

function Goal({ goal }: { goal: Results["goal"] }) {
  const { walked, control, lift, label } = goal;
  if (label === null)
    return (
      <Panel title={r.goal}>
        <Nothing title={r.noGoal} hint={r.noGoalHint} />
      </Panel>
    );
  const told = against(lift, r.control);
  return (
    <Panel title={r.goal} extra={<span className="quiet">{label}</span>}>
      <Intervals
        bars={[
          { key: "walked", label: r.walked, share: walked },
          ...(control.people > 0 ? [{ key: "control", label: r.control, share: control }] : []),
        ]}
      />
      {told ? (
        <Alert className="lift" type={lift?.sure ? (lift.low > 0 ? "success" : "error") : "info"} showIcon title={told} />
      ) : (
        control.people === 0 && <p className="quiet lift">{r.noControl}</p>
      )}
    </Panel>
  );
}

function Test({ test }: { test: Trial }) {
  const first = test.arms[0]?.label ?? "";
  return (
    <Panel
      title={test.label}
      extra={
        <span className="quiet">
          {t.journeys.version(test.version)} · {test.decided_at ? r.decided(absolute(test.decided_at).slice(0, 16)) : r.began(absolute(test.began_at).slice(0, 16))}
        </span>
      }
    >
      <Intervals
        bars={test.arms.map((arm) => ({
          key: arm.port,
          label: (
            <>
              {arm.label} {arm.port === test.winner && <Status value="winner" texts={r.testStatus} tone="good" />}
            </>
          ),
          share: arm,
          note: arm.against_first && <small className="quiet">{against(arm.against_first, t.say.named(first))}</small>,
        }))}
      />
      {!test.decided_at && <p className="quiet lift">{r.undecided}</p>}
    </Panel>
  );
}

const COLUMNS: Figure[] = ["entered", "waiting", "sent", "delivered", "missed", "failed", "converted", "exited", "stuck"];

function Steps({ nodes, id, version }: { nodes: NodeResult[]; id: string; version: string | null }) {
  const lookAt = (node: string) => `/journeys/${id}?${new URLSearchParams({ node, ...(version ? { version } : {}) }).toString()}`;
  const columns: TableColumnsType<NodeResult> = [
    { title: r.step, fixed: "left", render: (_, one) => <Link to={lookAt(one.node)}>{one.label}</Link> },
    ...COLUMNS.map((figure) => ({
      title: r.figures[figure],
      key: figure,
      align: "right" as const,
      render: (_: unknown, one: NodeResult) => {
        const value = valueOf(one, figure);
        return (
          <span className={value === 0 ? "amount quiet" : "amount"} title={t.common.count(value)}>
            {brief(value)}
          </span>
        );
      },
    })),
  ];
  return (
    <Panel flush>
      <Table rowKey="node" dataSource={nodes} columns={columns} pagination={false} scroll={{ x: "max-content" }} />
    </Panel>
  );
}

function ResultsPage() {
  const journey = useFramed();
  const [version, setVersion] = useFilter("version");
  const results = useResults(journey.id, version);
  if (!results.data)
    return (
      <Panel>
        {results.error ? <Failure error={results.error} retry={() => void results.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
      </Panel>
    );
  const { goal, tests, nodes, versions } = results.data;
  if (versions.length === 0)
    return (
      <Panel>
        <Nothing title={r.notYet} hint={r.resultsNotYet} />
      </Panel>
    );
  return (
    <div className="stack">
      <VersionPick id={journey.id} version={version} onChange={setVersion} />
      <div className="results-top">
        <Goal goal={goal} />
        {tests.map((test) => (
          <Test key={`${test.version}.${test.node}`} test={test} />
        ))}
      </div>
      {tests.length === 0 && <p className="quiet">{r.noTests}</p>}
      <section aria-label={r.steps}>
        <div className="results-bar">
          <h2 className="section-title">{r.steps}</h2>
          <ExportButton list="journeys.results" asked={{ journey_id: journey.id, version }} />
        </div>
        <Steps nodes={nodes} id={journey.id} version={version} />
      </section>
    </div>
  );
}

export { ResultsPage as Component };
