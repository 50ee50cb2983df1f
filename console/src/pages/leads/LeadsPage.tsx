/** The lead centre as a list: whose turn it is, and what is late. */
import { Segmented, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useLeads } from "../../api/queries";
import type { LeadRow } from "../../api/types";
import { ExportButton } from "../../parts/ExportButton";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { PersonLine, PlaceLines, VehicleLine } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { Grade, Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import "./leads.css";

const linkTo = (row: LeadRow) => `/leads/${row.id}`;

export function NextAction({ lead }: { lead: LeadRow }) {
  return (
    <span className={lead.overdue ? "late" : undefined}>
      <Moment at={lead.next_action_at} />
      {lead.overdue && <span className="late-mark">{t.leads.overdue}</span>}
    </span>
  );
}

const columns: TableColumnsType<LeadRow> = [
  {
    title: t.leads.columns.customer,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <PersonLine person={row.customer} />
      </Link>
    ),
  },
  { title: t.customers.columns.grade, width: 76, render: (_, row) => <Grade value={row.grade} /> },
  { title: t.leads.columns.status, width: 120, render: (_, row) => <Status value={row.status} texts={t.leads.status} /> },
  { title: t.leads.columns.vehicle, render: (_, row) => <VehicleLine vehicle={row.vehicle} /> },
  { title: t.leads.columns.owner, render: (_, row) => <PlaceLines adviser={row.owner?.name} place={row.dealer?.name} unassigned={t.leads.unassigned} /> },
  { title: t.leads.columns.next, width: 170, render: (_, row) => <NextAction lead={row} /> },
  { title: t.leads.columns.created, width: 132, render: (_, row) => <Moment at={row.created_at} /> },
];

function card(row: LeadRow) {
  return (
    <>
      <div className="card-row">
        <PersonLine person={row.customer} />
        <Grade value={row.grade} />
      </div>
      {row.vehicle && (
        <div className="card-row">
          <VehicleLine vehicle={row.vehicle} />
        </div>
      )}
      <div className="card-row card-foot">
        <Status value={row.status} texts={t.leads.status} />
        <NextAction lead={row} />
      </div>
    </>
  );
}

function LeadsPage() {
  const [status, setStatus] = useFilter("status");
  const chosen = status ?? "open";
  const leads = useLeads(chosen === "all" ? null : chosen);
  return (
    <Page title={t.leads.title} subtitle={t.leads.subtitle}>
      <div className="filters">
        <Segmented
          value={chosen}
          onChange={(value) => setStatus(value === "open" ? null : value)}
          options={Object.entries(t.leads.filters).map(([value, label]) => ({ value, label }))}
        />
        <Views>
          <ExportButton list="console.leads" asked={{ status: chosen === "all" ? null : chosen }} />
        </Views>
      </div>
      <ResourceList
        pages={leads}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          chosen === "all" || chosen === "open" ? (
            <Nothing title={t.leads.empty} hint={t.leads.emptyHint} />
          ) : (
            <Nothing title={t.leads.emptyFiltered} hint={t.leads.emptyFilteredHint} />
          )
        }
      />
    </Page>
  );
}

export { LeadsPage as Component };
