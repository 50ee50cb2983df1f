/** Who of the staff did what, when and in which request; nothing here can be changed. */
import { Select, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useAudit, type AuditRow } from "../../api/operations";
import { useTeam } from "../../api/team";
import { absolute } from "../../lib/time";
import { rowsOf } from "../../lib/rows";
import { DayInput } from "../../parts/DayInput";
import { ExportButton } from "../../parts/ExportButton";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { MoveWords, whyOf } from "../../parts/Trail";
import { Views } from "../../parts/Views";
import { t } from "../../texts";

const l = t.operations.log;

/** Where the thing that was moved has its page. */
const PAGES: Record<string, string> = {
  orders: "/orders",
  vehicles: "/stock",
  staff: "/team/people",
  leads: "/leads",
  refunds: "/finance/refunds",
  broadcasts: "/messages/broadcasts",
  journeys: "/journeys",
  people_runs: "/audience/files",
  import_runs: "/stock/feeds",
  reconciliations: "/finance/runs",
};

function Subject({ row }: { row: AuditRow }) {
  const word = t.trail.subjects[row.subject] ?? row.subject;
  const page = PAGES[row.subject];
  return page ? (
    <Link className="link" to={`${page}/${row.subject_id}`}>
      {word}
    </Link>
  ) : (
    <span>{word}</span>
  );
}

const why = (row: AuditRow) => (row.reason ? whyOf(row.reason) : t.common.none);

const columns: TableColumnsType<AuditRow> = [
  { title: l.columns.at, width: 170, render: (_, row) => <span className="amount">{absolute(row.at)}</span> },
  { title: l.columns.who, width: 120, render: (_, row) => row.actor.name ?? t.common.none },
  { title: l.columns.what, width: 110, render: (_, row) => <Subject row={row} /> },
  { title: l.columns.change, width: 220, render: (_, row) => <MoveWords move={row} /> },
  { title: l.columns.why, render: (_, row) => why(row) },
  { title: l.columns.request, width: 150, render: (_, row) => <code className="quiet">{row.request_id.slice(0, 12)}</code> },
];

function card(row: AuditRow) {
  return (
    <>
      <div className="card-row">
        <strong>{row.actor.name ?? t.common.none}</strong>
        <Subject row={row} />
      </div>
      <div className="card-row">
        <MoveWords move={row} />
      </div>
      <div className="card-row card-foot">
        <span className="ellipsis">{why(row)}</span>
        <span>{absolute(row.at)}</span>
      </div>
    </>
  );
}

function AuditPage() {
  const [actor, setActor] = useFilter("actor_id");
  const [subject, setSubject] = useFilter("subject");
  const [q] = useFilter("q");
  const people = rowsOf(useTeam({ limit: "100" }));
  const [since] = useFilter("since");
  const [until] = useFilter("until");
  const log = useAudit({ actor_id: actor, subject, request_id: q, since, until });
  return (
    <>
      <div className="filters">
        <Searching placeholder={l.columns.request} />
        <Select
          className="audit-filter"
          aria-label={l.columns.who}
          allowClear
          showSearch={{ optionFilterProp: "label" }}
          placeholder={l.anyone}
          value={actor}
          onChange={(value) => setActor(value ?? null)}
          options={people.map(({ id, name, username }) => ({ value: id, label: t.say.aside(name, username) }))}
        />
        <Select
          className="audit-filter"
          aria-label={l.columns.what}
          allowClear
          placeholder={l.anything}
          value={subject}
          onChange={(value) => setSubject(value ?? null)}
          options={Object.entries(t.trail.subjects).map(([value, label]) => ({ value, label }))}
        />
        <DayInput name="since" label={t.ledger.since} />
        <DayInput name="until" label={t.ledger.until} />
        <Views>
          <ExportButton list="console.audit" asked={{ actor_id: actor, subject, request_id: q, since, until }} />
        </Views>
      </div>
      <ResourceList pages={log} columns={columns} card={card} empty={<Nothing title={l.empty} hint={l.emptyHint} />} />
    </>
  );
}

export { AuditPage as Component };
