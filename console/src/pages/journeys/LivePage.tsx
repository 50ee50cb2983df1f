/** The map of a journey with what happened at each step; a step opens the people behind its figures, and each of them her way. */
import { QuestionCircleOutlined } from "@ant-design/icons";
import { Alert, Button, Drawer, Skeleton } from "antd";
import { useMemo } from "react";
import { Link } from "react-router";
import { useJourney } from "../../api/queries";
import { useResults } from "../../api/results";
import { MARKETING, useStaff } from "../../app/session";
import { useIsPhone, useMedia } from "../../app/ThemeMode";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { Behind } from "./Behind";
import { Canvas } from "./Canvas";
import { NOTHING, ofNumbers } from "./figures";
import { useFramed } from "./JourneyFrame";
import { useLook } from "./look";
import { People } from "./People";
import { VersionPick } from "./VersionPick";
import { WalkDrawer, WhyDrawer } from "./Ways";

const r = t.results;

function LivePage() {
  const journey = useFramed();
  const [look, go] = useLook();
  const phone = useIsPhone();
  const narrow = useMedia("(max-width: 1100px)");
  const draws = MARKETING.includes(useStaff().role);
  const drawn = useJourney(journey.id, look.version);
  const results = useResults(journey.id, look.version, draws);
  const shown = look.version ? drawn.data : journey;
  const known = useMemo(
    () =>
      draws
        ? new Map((results.data?.nodes ?? []).map((one) => [one.node, one]))
        : new Map(Object.entries(journey.numbers).map(([id, numbers]) => [id, ofNumbers(numbers)])),
    [draws, results.data, journey.numbers],
  );
  if (journey.version === 0)
    return (
      <Panel>
        <Nothing title={r.notYet} hint={r.notYetHint}>
          {draws && (
            <Link to={`/journeys/${journey.id}/edit`}>
              <Button type="primary">{t.editor.edit}</Button>
            </Link>
          )}
        </Nothing>
      </Panel>
    );
  const error = drawn.error ?? results.error;
  if (!shown || (draws && !results.data))
    return (
      <Panel>
        {error ? <Failure error={error} retry={() => void Promise.all([drawn.refetch(), results.refetch()])} /> : <Skeleton active paragraph={{ rows: 8 }} />}
      </Panel>
    );
  const node = shown.graph.nodes.find((one) => one.id === look.node) ?? null;
  const there = new Set(shown.graph.nodes.map(({ id }) => id));
  const elsewhere = [...known].reduce((sum, [id, one]) => sum + (there.has(id) ? 0 : (one.waiting ?? 0) + (one.stuck ?? 0)), 0);
  const people =
    node && draws ? (
      <Behind key={node.id} journeyId={journey.id} node={node} known={known.get(node.id) ?? NOTHING} look={look} go={go} />
    ) : (
      <People key={node?.id ?? ""} journeyId={journey.id} node={node} onOpen={draws ? (walk) => go({ walk }) : null} />
    );
  return (
    <>
      {draws && (
        <div className="filters">
          <VersionPick id={journey.id} version={look.version} onChange={(version) => go({ version })} />
          <span className="filters-end">
            <Button icon={<QuestionCircleOutlined />} onClick={() => go({ person: "?" })}>
              {r.whyOpen}
            </Button>
          </span>
        </div>
      )}
      {elsewhere > 0 && (
        <Alert
          className="journey-elsewhere"
          type="info"
          showIcon
          title={r.elsewhere(elsewhere)}
          action={<Link to={`/journeys/${journey.id}/versions`}>{r.elsewhereLook}</Link>}
        />
      )}
      <div className="journey-columns">
        <Canvas key={look.version ?? ""} graph={shown.graph} known={known} selected={node?.id ?? null} onSelect={(id) => go({ node: id })} />
        {!narrow && <Panel title={node ? undefined : t.journeys.allPeople}>{people}</Panel>}
      </div>
      {narrow && (
        <Drawer
          open={node !== null}
          onClose={() => go({ node: null })}
          placement={phone ? "bottom" : "right"}
          size={phone ? "72%" : 420}
          title={t.journeys.people}
        >
          {people}
        </Drawer>
      )}
      {draws && (
        <>
          <WalkDrawer journeyId={journey.id} walkId={look.walk} onClose={() => go({ walk: null })} />
          <WhyDrawer
            journeyId={journey.id}
            open={look.person !== null}
            person={look.person === "?" ? null : look.person}
            onPerson={(person) => go({ person: person ?? "?" })}
            onClose={() => go({ person: null })}
          />
        </>
      )}
    </>
  );
}

export { LivePage as Component };
