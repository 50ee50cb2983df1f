/** Who is in a segment, a page at a time. */
import type { TableColumnsType } from "antd";
import { Link } from "react-router";
import { useMembers, type Segment } from "../../api/audience";
import type { Person } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { PersonLine } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { t } from "../../texts";

const s = t.audience.segment;
type Member = Person & { entered_at: string };
const linkTo = (row: Member) => `/customers/${row.id}`;

const columns: TableColumnsType<Member> = [
  {
    title: t.customers.columns.customer,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <PersonLine person={row} />
      </Link>
    ),
  },
  { title: s.since, width: 150, render: (_, row) => <Moment at={row.entered_at} /> },
];

const card = (row: Member) => (
  <div className="card-row">
    <PersonLine person={row} />
    <Moment at={row.entered_at} />
  </div>
);

export function Members({ segment }: { segment: Segment }) {
  const members = useMembers(segment.id);
  return (
    <section aria-label={s.members}>
      <h2 className="section-title">{s.members}</h2>
      <ResourceList pages={members} columns={columns} card={card} linkTo={linkTo} empty={<Nothing title={s.noMembers} hint={s.noMembersHint} />} />
    </section>
  );
}
