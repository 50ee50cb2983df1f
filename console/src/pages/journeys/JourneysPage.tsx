/** All journeys with how many people each holds. */
import { Skeleton } from "antd";
import { Link } from "react-router";
import { useJourneys } from "../../api/queries";
import type { JourneyRow } from "../../api/types";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts/zh-CN";
import { Stuck } from "./Stuck";
import "./journeys.css";

const FIGURES = ["entered", "active", "completed", "exited"] as const;

function JourneyCard({ journey }: { journey: JourneyRow }) {
  return (
    <Link to={`/journeys/${journey.id}`} className="card journey-card">
      <div className="card-row">
        <strong className="journey-name ellipsis">{journey.name}</strong>
        {journey.stuck > 0 && <Stuck count={journey.stuck} />}
        <Status value={journey.status} texts={t.journeys.status} tone={journey.status === "active" ? "good" : undefined} />
      </div>
      <p className="journey-trigger">
        <span className="quiet">{t.journeys.trigger}</span> {journey.trigger_label || t.journeys.unpublished}
      </p>
      <dl className="journey-figures">
        {FIGURES.map((name) => (
          <div key={name}>
            <dt>{t.journeys[name]}</dt>
            <dd>{t.common.count(journey[name])}</dd>
          </div>
        ))}
      </dl>
      <div className="card-row card-foot">
        <span>{journey.version > 0 && t.journeys.version(journey.version)}</span>
        <span>
          <Moment at={journey.updated_at} />
        </span>
      </div>
    </Link>
  );
}

function JourneysPage() {
  const journeys = useJourneys();
  return (
    <Page title={t.journeys.title} subtitle={t.journeys.subtitle}>
      {journeys.data && journeys.data.items.length > 0 ? (
        <div className="journey-cards">
          {journeys.data.items.map((journey) => (
            <JourneyCard key={journey.id} journey={journey} />
          ))}
        </div>
      ) : (
        <Panel>
          {journeys.data ? (
            <Nothing title={t.journeys.empty} hint={t.journeys.emptyHint} />
          ) : journeys.error ? (
            <Failure error={journeys.error} retry={() => void journeys.refetch()} />
          ) : (
            <Skeleton active paragraph={{ rows: 5 }} />
          )}
        </Panel>
      )}
    </Page>
  );
}

export { JourneysPage as Component };
