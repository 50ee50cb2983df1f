/** One lead: whom to call about what, and the three things an adviser does with it. */
import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useLead } from "../../api/queries";
import type { Lead } from "../../api/types";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { nameOf, VehicleLine } from "../../parts/People";
import { Grade, Status } from "../../parts/Status";
import { t } from "../../texts";
import { LeadActions } from "./LeadActions";
import { NextAction } from "./LeadsPage";
import "./leads.css";

type Interests = [Lead["interests"][number], ...Lead["interests"]];

/** All she did about one car together, in the order of the latest. */
export function byVehicle(interests: Lead["interests"]): Interests[] {
  const cars = new Map<string, Interests>();
  for (const interest of interests) {
    const key = interest.vehicle?.id ?? interest.id;
    const known = cars.get(key);
    if (known) known.push(interest);
    else cars.set(key, [interest]);
  }
  return [...cars.values()];
}

function Wish({ interests }: { interests: Interests }) {
  const { vehicle } = interests[0];
  return (
    <li className="wish">
      {vehicle && <VehicleLine vehicle={vehicle} />}
      {interests.map((interest) => (
        <div key={interest.id} className="quiet">
          {interest.order_id ? (
            <Link to={`/orders/${interest.order_id}`}>{t.leads.interestKinds[interest.kind]}</Link>
          ) : (
            t.leads.interestKinds[interest.kind]
          )}{" "}
          <Moment at={interest.at} />
          {interest.message && <blockquote>{interest.message}</blockquote>}
        </div>
      ))}
    </li>
  );
}

function Activities({ lead }: { lead: Lead }) {
  return (
    <Panel title={t.leads.activities}>
      {lead.activities.length === 0 ? (
        <Nothing title={t.leads.noActivities} hint={t.leads.noActivitiesHint} />
      ) : (
        <ul className="plain">
          {lead.activities.map((activity) => (
            <li key={activity.id} className="lead-line">
              <strong>{activity.label}</strong>
              <span className="quiet">
                <Moment at={activity.at} />
              </span>
              {(activity.detail || activity.actor) && (
                <small className="quiet">{[activity.actor, activity.detail].filter(Boolean).join(" · ")}</small>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function Assignments({ lead }: { lead: Lead }) {
  return (
    <Panel title={t.leads.assignments}>
      {lead.assignments.length === 0 ? (
        <span className="quiet">{t.leads.noAssignments}</span>
      ) : (
        <ul className="plain">
          {lead.assignments.map((one) => (
            <li key={one.id} className="lead-line">
              <span>{one.chosen ? t.leads.assignedTo(one.chosen) : t.leads.unassigned}</span>
              <span className="quiet">
                <Moment at={one.at} />
              </span>
              <small className="quiet">
                {[one.cause, one.rule, one.answer].filter(Boolean).join(" · ")}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function LeadPage() {
  const { id = "" } = useParams();
  const found = useLead(id);
  const lead = found.data;
  const back = { to: "/leads", label: t.leads.title };
  if (!lead)
    return (
      <Page title={t.leads.title} back={back}>
        <Panel>
          {found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}
        </Panel>
      </Page>
    );
  return (
    <Page
      title={
        <span className="lead-title">
          {nameOf(lead.customer)} <Grade value={lead.grade} />
        </span>
      }
      tab={nameOf(lead.customer)}
      back={back}
      subtitle={lead.customer.phone_masked ?? t.customers.phoneUnbound}
      extra={<LeadActions lead={lead} />}
    >
      <div className="columns">
        <div className="stack">
          <Panel title={t.leads.interests}>
            {lead.interests.length === 0 ? (
              <span className="quiet">{t.leads.noInterests}</span>
            ) : (
              <ul className="plain">
                {byVehicle(lead.interests).map((interests) => (
                  <Wish key={interests[0].id} interests={interests} />
                ))}
              </ul>
            )}
          </Panel>
          <Activities lead={lead} />
        </div>
        <div className="stack">
          <Panel
            title={t.customer.lead}
            extra={<Link to={`/customers/${lead.customer.id}`}>{t.leads.customerTimeline}</Link>}
          >
            <Facts
              items={[
                [t.leads.columns.status, <Status key="status" value={lead.status} texts={t.leads.status} />],
                [t.leads.nextAction, lead.next_action_at ? <NextAction key="next" lead={lead} /> : t.leads.noNextAction],
                [t.leads.adviser, lead.owner?.name ?? t.leads.unassigned],
                [t.leads.dealer, lead.dealer?.name ?? t.common.none],
                [t.leads.created, <Moment key="created" at={lead.created_at} />],
              ]}
            />
          </Panel>
          <Assignments lead={lead} />
        </div>
      </div>
    </Page>
  );
}

export { LeadPage as Component };
