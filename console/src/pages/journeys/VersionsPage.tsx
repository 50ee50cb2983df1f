/** Every version of a journey: who published it and why, who stands in it, what it changed, and the way back to it. */
import { DiffOutlined, RollbackOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, Progress, Select, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useDifference, useMoves, useVersions, type MoveOfPeople, type VersionRow } from "../../api/journeys";
import { LIVE, useJourney } from "../../api/queries";
import { useIsPhone } from "../../app/ThemeMode";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { Difference, PublishDrawer } from "./editor/PublishDrawer";
import { useFramed } from "./JourneyFrame";
import "./editor/editor.css";

const r = t.results;

/** Of the moves that go on, and the last that ended. */
function Moves({ moves }: { moves: MoveOfPeople[] }) {
  const shown = moves.filter((one, index) => index === 0 || one.ended_at === null);
  if (shown.length === 0) return null;
  return (
    <Panel title={r.moves}>
      <ul className="plain">
        {shown.map((move) => {
          const done = move.moved + move.ejected;
          const percent = move.people > 0 ? Math.floor((100 * done) / move.people) : 100;
          return (
            <li key={move.id}>
              <div className="card-row">
                <span>
                  {r.moveKinds[move.kind] ?? move.kind}
                  {move.version !== null && ` · ${t.journeys.version(move.version)}`}
                </span>
                <small className="quiet">
                  <Moment at={move.ended_at ?? move.created_at} />
                </small>
              </div>
              <Progress percent={percent} size="small" status={move.status === "replaced" ? "exception" : move.ended_at ? "success" : "active"} />
              <small className="quiet">
                {move.status === "replaced" ? r.replaced : move.ended_at ? t.editor.publish.movedAll(move.moved, move.ejected) : t.editor.publish.moved(done, move.people)}
              </small>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

interface CompareProps {
  journeyId: string;
  versions: VersionRow[];
  /** Numbers: what it was, what it became. */
  from: number;
  to: number;
  onChange: (from: number, to: number) => void;
}

function Compare({ journeyId, versions, from, to, onChange }: CompareProps) {
  const options = versions.map(({ number }) => ({ value: number, label: t.journeys.version(number) }));
  const after = versions.find(({ number }) => number === to);
  return (
    <>
      <div className="compare-pick">
        <Select aria-label={r.compareFrom} value={from} options={options} onChange={(value) => onChange(value, to)} />
        <span aria-hidden>→</span>
        <Select aria-label={r.compareTo} value={to} options={options} onChange={(value) => onChange(from, value)} />
      </div>
      {from === to ? <p className="quiet">{r.sameVersion}</p> : after && <Changes journeyId={journeyId} after={after} from={from} />}
    </>
  );
}

function Changes({ journeyId, after, from }: { journeyId: string; after: VersionRow; from: number }) {
  const found = useDifference(journeyId, after.id, from);
  const drawn = useJourney(journeyId, String(after.number));
  const error = found.error ?? drawn.error;
  if (error) return <Failure error={error} retry={() => void Promise.all([found.refetch(), drawn.refetch()])} />;
  if (!found.data || !drawn.data) return <Skeleton active />;
  return <Difference difference={found.data.difference} steps={drawn.data.graph.nodes} />;
}

function RollBack({ journeyId, version, onClose }: { journeyId: string; version: VersionRow; onClose: () => void }) {
  const drawn = useJourney(journeyId, String(version.number));
  const steps = (drawn.data?.graph.nodes ?? []).filter(({ kind }) => kind !== "trigger");
  return <PublishDrawer journeyId={journeyId} steps={steps} version={version} open={drawn.data !== undefined} onClose={onClose} />;
}

function Row({ journeyId, version, onCompare, onBack }: { journeyId: string; version: VersionRow; onCompare: (() => void) | null; onBack: (() => void) | null }) {
  return (
    <li className="version">
      <div className="version-head">
        <strong>{t.journeys.version(version.number)}</strong>
        {version.is_live && <Status value="live" texts={r.versionStatus} tone="good" />}
        {version.copy_of !== null && <small className="quiet">{r.copyOf(version.copy_of)}</small>}
        {version.inside > 0 && (
          <Link to={`/journeys/${journeyId}?version=${version.number}`}>{version.is_live ? r.inside(version.inside) : r.draining(version.inside)}</Link>
        )}
      </div>
      <p>{version.note || <span className="quiet">{r.noNote}</span>}</p>
      <div className="version-foot">
        <small className="quiet">
          {version.published_by ?? r.bySystem} · <Moment at={version.published_at} />
        </small>
        <span className="version-acts">
          {onCompare && (
            <Button size="small" icon={<DiffOutlined />} onClick={onCompare}>
              {r.compare}
            </Button>
          )}
          {onBack && (
            <Button size="small" icon={<RollbackOutlined />} onClick={onBack}>
              {r.rollBack}
            </Button>
          )}
        </span>
      </div>
    </li>
  );
}

function VersionsPage() {
  const journey = useFramed();
  const phone = useIsPhone();
  const versions = useVersions(journey.id);
  const moves = useMoves(journey.id, LIVE);
  const [compared, setCompared] = useFilter("compare");
  const [back, setBack] = useState<VersionRow | null>(null);
  if (!versions.data)
    return (
      <Panel>
        {versions.error ? <Failure error={versions.error} retry={() => void versions.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
      </Panel>
    );
  const rows = versions.data.items;
  if (rows.length === 0)
    return (
      <Panel>
        <Nothing title={r.notYet} hint={r.versionsNotYet} />
      </Panel>
    );
  const old = rows.filter((one) => !one.is_live).reduce((sum, one) => sum + one.inside, 0);
  const [from = 0, to = 0] = (compared ?? "").split("-").map(Number);
  const before = (one: VersionRow) => rows.find(({ number }) => number < one.number)?.number ?? rows[0]?.number ?? one.number;
  return (
    <div className="stack">
      {old > 0 && <Alert type="info" showIcon title={r.onOld(old)} />}
      {moves.data && <Moves moves={moves.data.items} />}
      <Panel>
        <ol className="plain">
          {rows.map((one) => (
            <Row
              key={one.id}
              journeyId={journey.id}
              version={one}
              onCompare={rows.length > 1 ? () => setCompared(`${before(one)}-${one.number}`) : null}
              onBack={!one.is_live && journey.status !== "cancelled" ? () => setBack(one) : null}
            />
          ))}
        </ol>
      </Panel>
      <Drawer
        open={compared !== null}
        onClose={() => setCompared(null)}
        title={r.compareTitle}
        placement={phone ? "bottom" : "right"}
        size={phone ? "86%" : 520}
      >
        {compared && <Compare journeyId={journey.id} versions={rows} from={from} to={to} onChange={(one, other) => setCompared(`${one}-${other}`)} />}
      </Drawer>
      {back && <RollBack key={back.id} journeyId={journey.id} version={back} onClose={() => setBack(null)} />}
    </div>
  );
}

export { VersionsPage as Component };
