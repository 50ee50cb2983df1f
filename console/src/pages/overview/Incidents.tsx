/** What a person has to look at; who deals with money can do so from here, and finds all of it under finance. */
import { ExclamationCircleFilled, WarningFilled } from "@ant-design/icons";
import { Button } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Incident } from "../../api/types";
import { useStaff } from "../../app/session";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResolveIncident } from "../../parts/ResolveIncident";
import { t } from "../../texts";

const PLACES = { order: "/orders", customer: "/customers", journey: "/journeys", lead: "/leads" };

function Line({ incident, onResolve }: { incident: Incident; onResolve: () => void }) {
  const { link } = incident;
  return (
    <li className="incident">
      {incident.severity === "error" ? <ExclamationCircleFilled className="bad" /> : <WarningFilled className="warn" />}
      <span className="incident-text">
        <strong>{link ? <Link to={`${PLACES[link.type]}/${link.id}`}>{incident.title}</Link> : incident.title}</strong>
        <small>
          {incident.detail} · <Moment at={incident.at} />
        </small>
      </span>
      {incident.can_resolve && (
        <Button size="small" onClick={onResolve}>
          {t.overview.resolve}
        </Button>
      )}
    </li>
  );
}

export function Incidents({ items, moneyTasks }: { items: Incident[]; moneyTasks: number }) {
  const staff = useStaff();
  const [chosen, setChosen] = useState<Incident | null>(null);
  return (
    <Panel
      title={t.overview.incidents}
      extra={moneyTasks > 0 && !staff.dealer && <Link to="/finance/tasks">{t.overview.allTasks(moneyTasks)}</Link>}
    >
      {items.length === 0 ? (
        <Nothing title={t.overview.noIncidents} hint={t.overview.noIncidentsHint} />
      ) : (
        <ul className="plain">
          {items.map((incident) => (
            <Line key={incident.id} incident={incident} onResolve={() => setChosen(incident)} />
          ))}
        </ul>
      )}
      {chosen && <ResolveIncident key={chosen.id} id={chosen.id} title={chosen.title} detail={chosen.detail} close={() => setChosen(null)} />}
    </Panel>
  );
}
