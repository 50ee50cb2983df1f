/** All tags of the brand with how many carry each; from here new ones are made. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Checkbox, Segmented, Select, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useTagList, type TagRow } from "../../api/audience";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { TagForm } from "./TagForm";

const g = t.audience.tag;
const linkTo = (row: TagRow) => `/audience/tags/${row.id}`;
export const lasting = (days: number | null) => (days === null ? g.forever : g.days(days));

function Name({ tag }: { tag: TagRow }) {
  return (
    <span className="two-lines wide">
      <span className="audience-name">
        {tag.label}
        {tag.archived_at && <span className="quiet"> · {g.archivedMark}</span>}
      </span>
      <small>{tag.key}</small>
    </span>
  );
}

const columns: TableColumnsType<TagRow> = [
  {
    title: g.columns.label,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name tag={row} />
      </Link>
    ),
  },
  { title: g.columns.kind, width: 120, render: (_, row) => <span title={g.kindHints[row.kind]}>{row.kind_label}</span> },
  { title: g.columns.value, width: 100, render: (_, row) => g.values[row.value_type] },
  { title: g.columns.ttl, width: 110, render: (_, row) => lasting(row.ttl_days) },
  { title: g.columns.folder, width: 140, render: (_, row) => row.folder?.name ?? <span className="quiet">{g.noFolder}</span> },
  { title: g.columns.carriers, width: 110, align: "right", render: (_, row) => <span className="amount">{t.common.count(row.carriers)}</span> },
];

function card(row: TagRow) {
  return (
    <>
      <div className="card-row">
        <Name tag={row} />
        <span className="amount">{t.audience.people(row.carriers)}</span>
      </div>
      <div className="card-row card-foot">
        <span>{row.kind_label}</span>
        <span>{lasting(row.ttl_days)}</span>
      </div>
    </>
  );
}

function TagsPage() {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [q] = useFilter("q");
  const [kind, setKind] = useFilter("kind");
  const [sort, setSort] = useFilter("sort");
  const [archived, setArchived] = useFilter("archived");
  const [isNew, setNew] = useState(false);
  const tags = useTagList({ q, kind, sort, archived });
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setNew(true)}>
      {g.create}
    </Button>
  );
  return (
    <>
      <div className="filters">
        <Searching placeholder={g.search} />
        <Segmented
          value={kind ?? "all"}
          onChange={(value) => setKind(value === "all" ? null : value)}
          options={Object.entries(g.filters).map(([value, label]) => ({ value, label }))}
        />
        <Select
          value={sort ?? "label"}
          onChange={(value) => setSort(value === "label" ? null : value)}
          aria-label={t.audience.tag.sorts["label"]}
          options={Object.entries(g.sorts).map(([value, label]) => ({ value, label }))}
        />
        <Checkbox checked={archived === "true"} onChange={(event) => setArchived(event.target.checked ? "true" : null)}>
          {g.showArchived}
        </Checkbox>
        <Views />
        <span className="filters-end">{create}</span>
      </div>
      <ResourceList
        pages={tags}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          q || kind ? (
            <Nothing title={g.nothingFound} hint={t.audience.filterHint}>
              <Link to="/audience/tags">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={g.empty} hint={g.emptyHint}>
              {create}
            </Nothing>
          )
        }
      />
      <TagForm
        open={isNew}
        onClose={() => setNew(false)}
        onDone={(tag) => {
          void message.success(g.created(tag.label));
          void navigate(`/audience/tags/${tag.id}`);
        }}
      />
    </>
  );
}

export { TagsPage as Component };
