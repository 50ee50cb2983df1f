/** Who walks the journey, or stands on a step of it, for those who may not look behind the figures. */
import { Segmented, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useWalks } from "../../api/queries";
import type { JourneyNode, Walk } from "../../api/types";
import { rowsOf } from "../../lib/rows";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { nameOf } from "../../parts/People";
import { More } from "../../parts/ResourceList";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

interface PeopleProps {
  journeyId: string;
  node: JourneyNode | null;
  /** Opens her way; without it a row leads to the customer's page. */
  onOpen: ((walkId: string) => void) | null;
}

export function WalkLines({ walk }: { walk: Pick<Walk, "status" | "entered_at" | "due_at" | "exit_reason"> & { customer: Walk["customer"] } }) {
  return (
    <>
      <strong className="ellipsis">{nameOf(walk.customer)}</strong>
      <Status value={walk.status} texts={t.results.walkStatus} />
      <small className="quiet">
        <Moment at={walk.entered_at} /> {t.results.entered}
      </small>
      <small className="quiet walk-right">{walk.exit_reason ?? (walk.due_at && walk.status === "active" && <Moment at={walk.due_at} />)}</small>
    </>
  );
}

export function People({ journeyId, node, onOpen }: PeopleProps) {
  const [status, setStatus] = useState("all");
  const walks = useWalks(journeyId, node?.id ?? null, status === "all" ? null : status);
  const rows = rowsOf(walks);
  return (
    <div className="people">
      {node ? (
        <div className="people-node">
          <strong>{node.label}</strong>
          {node.summary && <p>{node.summary}</p>}
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
                {onOpen ? (
                  <button type="button" className="walk" onClick={() => onOpen(walk.id)}>
                    <WalkLines walk={walk} />
                  </button>
                ) : (
                  <Link to={`/customers/${walk.customer.id}`} className="walk">
                    <WalkLines walk={walk} />
                  </Link>
                )}
              </li>
            ))}
          </ul>
          <More pages={walks} />
        </>
      )}
    </div>
  );
}
