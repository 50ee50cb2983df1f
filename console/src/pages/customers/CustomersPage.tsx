/** Everybody who ever opened the mini-program, to be found by name, phone number or tag. */
import { Button, Select, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useCustomers, useTags } from "../../api/queries";
import type { CustomerRow } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { PersonLine, PlaceLines, Tags } from "../../parts/People";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Grade } from "../../parts/Status";
import { t } from "../../texts/zh-CN";

const linkTo = (row: CustomerRow) => `/customers/${row.id}`;
const place = (row: CustomerRow) => [row.adviser, row.dealer].filter(Boolean).join(" · ") || t.common.none;

const columns: TableColumnsType<CustomerRow> = [
  {
    title: t.customers.columns.customer,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <PersonLine person={row} />
      </Link>
    ),
  },
  { title: t.customers.columns.grade, width: 76, render: (_, row) => <Grade value={row.grade} /> },
  { title: t.customers.columns.tags, render: (_, row) => <Tags tags={row.tags} /> },
  { title: t.customers.columns.adviser, render: (_, row) => <PlaceLines adviser={row.adviser} place={row.dealer} /> },
  { title: t.customers.columns.lastEvent, width: 150, render: (_, row) => <Moment at={row.last_event_at} /> },
  { title: t.customers.columns.created, width: 150, render: (_, row) => <Moment at={row.created_at} /> },
];

function card(row: CustomerRow) {
  return (
    <>
      <div className="card-row">
        <PersonLine person={row} />
        {row.grade && <Grade value={row.grade} />}
      </div>
      {row.tags.length > 0 && (
        <div className="card-row">
          <Tags tags={row.tags} most={4} />
        </div>
      )}
      <div className="card-row card-foot">
        <span className="ellipsis">{place(row)}</span>
        <Moment at={row.last_event_at} />
      </div>
    </>
  );
}

function CustomersPage() {
  const [q] = useFilter("q");
  const [tag, setTag] = useFilter("tag");
  const tags = useTags();
  const customers = useCustomers(q ?? "", tag);
  const filtered = Boolean(q || tag);
  return (
    <Page title={t.customers.title} subtitle={t.customers.subtitle}>
      <div className="filters">
        <Searching placeholder={t.customers.search} />
        <Select
          className="tag-filter"
          value={tag}
          onChange={(value: string | undefined) => setTag(value ?? null)}
          placeholder={t.customers.tagFilter}
          aria-label={t.customers.tagFilter}
          options={tags.data?.items.map(({ key, label }) => ({ value: key, label }))}
          loading={tags.isPending}
          showSearch={{ optionFilterProp: "label" }}
          allowClear
          style={{ minWidth: 168 }}
        />
      </div>
      <ResourceList
        pages={customers}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          filtered ? (
            <Nothing title={t.customers.nothingFound} hint={t.customers.nothingFoundHint}>
              <Link to="/customers">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={t.customers.empty} hint={t.customers.emptyHint} />
          )
        }
      />
    </Page>
  );
}

export { CustomersPage as Component };
