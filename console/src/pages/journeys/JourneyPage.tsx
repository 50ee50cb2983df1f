/** One journey as a map with the numbers at each step; a step opens the people who stand on it. */
import { EditOutlined, EllipsisOutlined } from "@ant-design/icons";
import { Button, Drawer, Dropdown, Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useJourney } from "../../api/queries";
import type { Journey } from "../../api/types";
import { useStaff } from "../../app/session";
import { useIsPhone, useMedia } from "../../app/ThemeMode";
import { Failure } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts/zh-CN";
import { Canvas } from "./Canvas";
import { useJourneyMenu } from "./JourneysPage";
import { People } from "./People";
import "./journeys.css";

/** How many people a step would happen to who are inside now: they wait at some step, or are stuck there. */
const insideOf = (numbers: Journey["numbers"]) => Object.values(numbers).reduce((sum, one) => sum + (one.waiting ?? 0) + (one.stuck ?? 0), 0);

function Subtitle({ journey }: { journey: Journey }) {
  return (
    <span className="journey-line">
      <span>{journey.version > 0 ? t.journeys.version(journey.version) : t.journeys.unpublished}</span>
      <span>
        {t.journeys.trigger}：{journey.trigger.label}
      </span>
      <span>
        {t.journeys.exitOn}：{journey.exit_on.join("、") || t.journeys.noExit}
      </span>
    </span>
  );
}

function JourneyPage() {
  const { id = "" } = useParams();
  const found = useJourney(id);
  const [nodeId, setNodeId] = useFilter("node");
  const phone = useIsPhone();
  const narrow = useMedia("(max-width: 1100px)");
  const staff = useStaff();
  const draws = staff.role === "admin" || staff.role === "marketer";
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
  const node = journey.graph.nodes.find((one) => one.id === nodeId) ?? null;
  const people = <People key={node?.id ?? ""} journeyId={id} node={node} numbers={node ? journey.numbers[node.id] : undefined} />;
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
      <div className="journey-columns">
        <Canvas journey={journey} selected={node?.id ?? null} onSelect={setNodeId} />
        {!narrow && <Panel title={node ? t.journeys.people : t.journeys.allPeople}>{people}</Panel>}
      </div>
      {narrow && (
        <Drawer
          open={node !== null}
          onClose={() => setNodeId(null)}
          placement={phone ? "bottom" : "right"}
          size={phone ? "72%" : 420}
          title={t.journeys.people}
        >
          {people}
        </Drawer>
      )}
    </Page>
  );
}

export { JourneyPage as Component };
