/** All campaigns that she may see, with their days and what they cost so far; from here new ones begin. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Segmented, Select, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { useCampaignChoices, useCampaigns, type Campaign } from "../../api/campaigns";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { CampaignState, daysOf, Money, ownerOf, useMayCreate } from "./campaigns";
import "./campaigns.css";

const c = t.campaigns;
const linkTo = (row: Campaign) => `/campaigns/${row.id}`;

function Name({ row }: { row: Campaign }) {
  return (
    <span className="two-lines wide">
      <span>{row.name}</span>
      <small>{row.kind_label}</small>
    </span>
  );
}

const columns: TableColumnsType<Campaign> = [
  {
    title: c.columns.name,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name row={row} />
      </Link>
    ),
  },
  { title: c.columns.status, width: 110, render: (_, row) => <CampaignState campaign={row} /> },
  { title: c.columns.days, width: 220, render: (_, row) => <span className="amount">{daysOf(row)}</span> },
  { title: c.columns.owner, render: (_, row) => ownerOf(row) },
  { title: c.columns.money, width: 240, align: "right", render: (_, row) => <Money campaign={row} /> },
];

function card(row: Campaign) {
  return (
    <>
      <div className="card-row">
        <Name row={row} />
        <CampaignState campaign={row} />
      </div>
      <div className="card-row card-foot">
        <span>{daysOf(row)}</span>
        <span className="ellipsis">{ownerOf(row)}</span>
      </div>
    </>
  );
}

function CampaignsPage() {
  const [q] = useFilter("q");
  const [status, setStatus] = useFilter("status");
  const [kind, setKind] = useFilter("kind");
  const campaigns = useCampaigns({ q, status, kind });
  const choices = useCampaignChoices().data;
  const mayCreate = useMayCreate();
  const create = mayCreate && (
    <Link to="/campaigns/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {c.create}
      </Button>
    </Link>
  );
  return (
    <>
      <div className="filters">
        <Searching placeholder={c.search} />
        <Segmented
          className="filters-scroll"
          value={status ?? "all"}
          onChange={(value) => setStatus(value === "all" ? null : value)}
          options={Object.entries(c.filters).map(([value, label]) => ({ value, label }))}
        />
        <Select
          className="campaign-kind"
          aria-label={c.anyKind}
          placeholder={c.anyKind}
          value={kind}
          onChange={(value: string | undefined) => setKind(value ?? null)}
          options={choices?.kinds ?? []}
          loading={!choices}
          allowClear
        />
        <Views />
        <span className="filters-end">{create}</span>
      </div>
      <ResourceList
        pages={campaigns}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={
          q || status || kind ? (
            <Nothing title={c.nothingFound} hint={c.nothingFoundHint}>
              <Link to="/campaigns">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={c.empty} hint={mayCreate ? c.emptyHint : c.emptyLook}>
              {create}
            </Nothing>
          )
        }
      />
    </>
  );
}

export { CampaignsPage as Component };
