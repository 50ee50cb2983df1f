/** All journeys with how many people each holds; from here new ones begin. */
import { EllipsisOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Dropdown, Segmented, Skeleton, type MenuProps } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useJourneys } from "../../api/queries";
import type { JourneyRow } from "../../api/types";
import { useStaff } from "../../app/session";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts/zh-CN";
import { useJourneyMenu } from "./menu";
import { NewJourney, Starters } from "./NewJourney";
import { Stuck } from "./Stuck";
import "./journeys.css";

const FIGURES = ["entered", "active", "completed", "exited"] as const;

function JourneyCard({ journey, menu }: { journey: JourneyRow; menu: MenuProps | null }) {
  return (
    <article className="card journey-card">
      <div className="card-row">
        <Link to={journey.status === "draft" ? `/journeys/${journey.id}/edit` : `/journeys/${journey.id}`} className="journey-name ellipsis">
          {journey.name}
        </Link>
        {journey.stuck > 0 && <Stuck count={journey.stuck} />}
        <Status value={journey.status} texts={t.journeys.status} tone={journey.status === "active" ? "good" : undefined} />
        {menu && (
          <Dropdown trigger={["click"]} menu={menu} placement="bottomRight">
            <Button className="journey-more" type="text" size="small" icon={<EllipsisOutlined />} aria-label={t.editor.list.of(journey.name)} />
          </Dropdown>
        )}
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
    </article>
  );
}

function JourneysPage() {
  const journeys = useJourneys();
  const staff = useStaff();
  const draws = staff.role === "admin" || staff.role === "marketer";
  const menuOf = useJourneyMenu();
  const [isNew, setNew] = useState(false);
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const all = journeys.data?.items ?? [];
  const sought = (q ?? "").toLowerCase();
  const shown = all.filter(
    (one) => (!status || one.status === status) && (!sought || `${one.name} ${one.trigger_label}`.toLowerCase().includes(sought)),
  );
  return (
    <Page
      title={t.journeys.title}
      subtitle={t.journeys.subtitle}
      extra={
        draws && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setNew(true)}>
            {t.editor.list.create}
          </Button>
        )
      }
    >
      {all.length > 0 && (
        <div className="journey-filters">
          <Searching placeholder={t.editor.list.search} />
          <Segmented
            value={status ?? "all"}
            onChange={(value) => setStatus(value === "all" ? null : value)}
            options={Object.entries(t.editor.list.statuses).map(([value, label]) => ({ value, label }))}
          />
        </div>
      )}
      {shown.length > 0 ? (
        <div className="journey-cards">
          {shown.map((journey) => (
            <JourneyCard key={journey.id} journey={journey} menu={draws ? menuOf(journey) : null} />
          ))}
        </div>
      ) : (
        <Panel>
          {all.length > 0 ? (
            <Nothing title={t.editor.list.none} hint={t.editor.list.noneHint} />
          ) : journeys.data && draws ? (
            <Nothing title={t.editor.list.teach} hint={t.editor.list.teachHint}>
              <Starters />
            </Nothing>
          ) : journeys.data ? (
            <Nothing title={t.journeys.empty} hint={t.journeys.emptyHint} />
          ) : journeys.error ? (
            <Failure error={journeys.error} retry={() => void journeys.refetch()} />
          ) : (
            <Skeleton active paragraph={{ rows: 5 }} />
          )}
        </Panel>
      )}
      <NewJourney open={isNew} onClose={() => setNew(false)} />
    </Page>
  );
}

export { JourneysPage as Component };
