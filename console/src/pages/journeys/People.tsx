/** Who stands on a step (or walks the journey at all); each leads to that customer's timeline. */
import { Segmented, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useWalks } from "../../api/queries";
import type { JourneyNode, NodeNumbers } from "../../api/types";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { nameOf } from "../../parts/People";
import { More, rowsOf } from "../../parts/ResourceList";
import { Status } from "../../parts/Status";
import { t } from "../../texts/zh-CN";
import { Figures, figuresOf } from "./StepNode";
import { Stuck } from "./Stuck";

interface PeopleProps {
  journeyId: string;
  node: JourneyNode | null;
  numbers: NodeNumbers | undefined;
}

export function People({ journeyId, node, numbers }: PeopleProps) {
  const [status, setStatus] = useState("all");
  const walks = useWalks(journeyId, node?.id ?? null, status === "all" ? null : status);
  const rows = rowsOf(walks);
  return (
    <div className="people">
      {node ? (
        <div className="people-node">
          <strong>{node.label}</strong> {numbers?.stuck ? <Stuck count={numbers.stuck} /> : null}
          {node.summary && <p>{node.summary}</p>}
          <Figures figures={figuresOf(node.kind, numbers)} />
        </div>
      ) : (
        <p className="quiet people-hint">{t.journeys.peopleHint}</p>
      )}
      <Segmented
        block
        size="small"
        value={status}
        onChange={setStatus}
        options={Object.entries(t.journeys.statusFilter).map(([value, label]) => ({ value, label }))}
      />
      {walks.isPending ? (
        <Skeleton active title={false} paragraph={{ rows: 4, width: "100%" }} />
      ) : walks.error && rows.length === 0 ? (
        <Failure error={walks.error} retry={() => void walks.refetch()} />
      ) : rows.length === 0 ? (
        <Nothing title={t.journeys.noPeople} hint={t.journeys.noPeopleHint} />
      ) : (
        <>
          <ul className="plain">
            {rows.map((walk) => (
              <li key={walk.id}>
                <Link to={`/customers/${walk.customer.id}`} className="walk">
                  <strong className="ellipsis">{nameOf(walk.customer)}</strong>
                  <Status value={walk.status} texts={t.journeys.walkStatus} />
                  <small className="quiet">
                    <Moment at={walk.entered_at} /> {t.journeys.numbers["entered"]}
                  </small>
                  <small className="quiet walk-right">
                    {walk.exit_reason ?? (walk.due_at && walk.status === "active" && <Moment at={walk.due_at} />)}
                  </small>
                </Link>
              </li>
            ))}
          </ul>
          <More pages={walks} />
        </>
      )}
    </div>
  );
}
