/** Who can sign in: found by name, role and dealer; a new one is added here. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Select, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, Navigate } from "react-router";
import { useTeam, type Person } from "../../api/team";
import { useDealers } from "../../api/terms";
import { useStaff } from "../../app/session";
import { ExportButton } from "../../parts/ExportButton";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { PlaceLines } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { PersonForm } from "./PersonForm";
import "./team.css";

const w = t.team;
const linkTo = (row: Person) => `/team/people/${row.id}`;
const roleOf = (row: Person) => t.session.roles[row.role] ?? row.role;

function Login({ person }: { person: Person }) {
  return (
    <span className="two-lines">
      <Status value={String(person.active)} texts={w.states} tone={person.active ? "good" : "bad"} />
      {person.must_choose_by && <small className="warn">{w.notChosen}</small>}
    </span>
  );
}

function Name({ person }: { person: Person }) {
  return (
    <span className="person-text">
      <strong>
        {person.name}
        {person.is_you && <span className="chip you">{w.you}</span>}
      </strong>
      <small>{person.username}</small>
    </span>
  );
}

const columns: TableColumnsType<Person> = [
  {
    title: w.columns.person,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name person={row} />
      </Link>
    ),
  },
  { title: w.columns.role, width: 110, render: (_, row) => roleOf(row) },
  { title: w.columns.place, render: (_, row) => <PlaceLines adviser={row.store?.name ?? row.dealer?.name ?? t.session.headquarters} place={row.store ? row.dealer?.name : null} /> },
  { title: w.columns.login, width: 130, render: (_, row) => <Login person={row} /> },
  { title: w.columns.second, width: 100, render: (_, row) => (row.has_second_factor ? w.on : <span className="quiet">{w.off}</span>) },
  { title: w.columns.seen, width: 140, render: (_, row) => <Moment at={row.last_seen_at} /> },
];

function card(row: Person) {
  return (
    <>
      <div className="card-row">
        <Name person={row} />
        <span className="quiet">{roleOf(row)}</span>
      </div>
      <div className="card-row card-foot">
        <Login person={row} />
        <span className="ellipsis">{row.store?.name ?? row.dealer?.name ?? t.session.headquarters}</span>
      </div>
    </>
  );
}

function PeoplePage() {
  const staff = useStaff();
  const dealers = useDealers();
  const [adding, setAdding] = useState(false);
  const [q] = useFilter("q");
  const [role, setRole] = useFilter("role");
  const [active, setActive] = useFilter("active");
  const [dealer_id, setDealer] = useFilter("dealer_id");
  const team = useTeam({ q, role, active, dealer_id });
  if (staff.role !== "admin" && staff.role !== "dealer_manager") return <Navigate to="/team/dealers" replace />;
  const roles = Object.entries(t.session.roles).filter(([key]) => !staff.dealer || key === "adviser" || key === "dealer_manager");
  return (
    <>
      <div className="filters">
        <Searching placeholder={w.search} />
        <Select className="team-filter" aria-label={w.columns.role} allowClear placeholder={w.anyRole} value={role} onChange={(value) => setRole(value ?? null)} options={roles.map(([value, label]) => ({ value, label }))} />
        <Select
          className="team-filter"
          aria-label={w.columns.login}
          allowClear
          placeholder={w.anyState}
          value={active}
          onChange={(value) => setActive(value ?? null)}
          options={Object.entries(w.states).map(([value, label]) => ({ value, label }))}
        />
        {!staff.dealer && (
          <Select
            className="team-filter-wide"
            aria-label={w.anyDealer}
            allowClear
            showSearch={{ optionFilterProp: "label" }}
            placeholder={w.anyDealer}
            value={dealer_id}
            onChange={(value) => setDealer(value ?? null)}
            options={dealers.data?.items.map(({ id, name }) => ({ value: id, label: name }))}
          />
        )}
        <Views>
          <ExportButton list="console.team" asked={{ q, role, active, dealer_id }} />
        </Views>
        <Button type="primary" className="filters-end" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
          {w.add}
        </Button>
      </div>
      <ResourceList
        pages={team}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          <Nothing title={w.empty} hint={w.emptyHint}>
            <Link to="/team">
              <Button>{t.common.clear}</Button>
            </Link>
          </Nothing>
        }
      />
      {adding && <PersonForm person={null} close={() => setAdding(false)} />}
    </>
  );
}

export { PeoplePage as Component };
