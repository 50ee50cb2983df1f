/** What the pages of one journey share: its name and state, what can be done with it, and the way from one page to the other. */
import { EditOutlined, EllipsisOutlined } from "@ant-design/icons";
import { Button, Dropdown, Skeleton } from "antd";
import { Link, NavLink, Outlet, useOutletContext, useParams } from "react-router";
import { useJourney } from "../../api/queries";
import type { Journey } from "../../api/types";
import { MARKETING, useStaff } from "../../app/session";
import { Failure } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { useJourneyMenu } from "./menu";
import "./journeys.css";

/** How many people a deed would happen to who are inside now: they wait at some step, or are stuck there. */
const insideOf = (numbers: Journey["numbers"]) => Object.values(numbers).reduce((sum, one) => sum + (one.waiting ?? 0) + (one.stuck ?? 0), 0);

function Subtitle({ journey }: { journey: Journey }) {
  if (journey.version === 0) return t.journeys.unpublished;
  return (
    <span className="journey-line">
      <span>{t.journeys.version(journey.version)}</span>
      <span>{t.say.says(t.journeys.trigger, journey.trigger.label)}</span>
      <span>{t.say.says(t.journeys.exitOn, t.say.list(journey.exit_on) || t.journeys.noExit)}</span>
    </span>
  );
}

function Tabs({ id }: { id: string }) {
  return (
    <nav className="tabs" aria-label={t.journeys.title}>
      {Object.entries(t.results.tabs).map(([name, label]) => (
        <NavLink key={name} to={name === "live" ? `/journeys/${id}` : `/journeys/${id}/${name}`} end className="tab">
          {label}
        </NavLink>
      ))}
    </nav>
  );
}

function JourneyFrame() {
  const { id = "" } = useParams();
  const found = useJourney(id, null);
  const draws = MARKETING.includes(useStaff().role);
  const menuOf = useJourneyMenu();
  const journey = found.data;
  const back = { to: "/journeys", label: t.journeys.title };
  if (!journey)
    return (
      <Page title={t.journeys.title} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page
      title={journey.name}
      back={back}
      subtitle={<Subtitle journey={journey} />}
      extra={
        <>
          <Status value={journey.status} texts={t.journeys.status} tone={journey.status === "active" ? "good" : undefined} />
          {draws && journey.status !== "cancelled" && (
            <Link to={`/journeys/${id}/edit`}>
              <Button type="primary" icon={<EditOutlined />}>
                {t.editor.edit}
              </Button>
            </Link>
          )}
          {draws && (
            <Dropdown trigger={["click"]} menu={menuOf({ ...journey, active: insideOf(journey.numbers) })}>
              <Button icon={<EllipsisOutlined />} aria-label={t.editor.list.of(journey.name)} />
            </Dropdown>
          )}
        </>
      }
    >
      {draws && <Tabs id={id} />}
      <Outlet context={journey} />
    </Page>
  );
}

/** The journey as it is published, for the pages inside the frame. */
export const useFramed = () => useOutletContext<Journey>();

export { JourneyFrame as Component };
