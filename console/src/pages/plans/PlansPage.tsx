/** The finance plans of the brand: what is drafted, what holds today, and what is over; from here new ones begin. */
import { PlusOutlined } from "@ant-design/icons";
import { Button, Segmented, Select, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { usePlanChoices, usePlans, type PlanRow } from "../../api/plans";
import { Nothing } from "../../parts/Nothing";
import { Page } from "../../parts/Page";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { daysOf, percentOf } from "./fields";
import { PlanStatus, useMayKeep, useWords } from "./plans";
import "./plans.css";

const p = t.plans;
const linkTo = (row: PlanRow) => `/plans/${row.id}`;

function Name({ row }: { row: PlanRow }) {
  return (
    <span className="two-lines wide">
      <span>{row.name}</span>
      <small>
        {row.kind.label}
        {row.version !== null && ` · ${p.version(row.version)}`}
      </small>
    </span>
  );
}

const seriesOf = (row: PlanRow, word: (key: string) => string) => row.series.map(word).join("、") || p.anySeries;
const downOf = (row: PlanRow) => `${row.min_down_payment_percent}% – ${row.max_down_payment_percent}%`;

const columnsWith = (word: (key: string) => string): TableColumnsType<PlanRow> => [
  {
    title: p.columns.name,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name row={row} />
      </Link>
    ),
  },
  { title: p.columns.state, width: 110, render: (_, row) => <PlanStatus plan={row} /> },
  {
    title: p.columns.terms,
    width: 150,
    render: (_, row) => (
      <span className="amount">
        {p.months(row.term_months)} · {percentOf(row.annual_rate_bp)}
      </span>
    ),
  },
  { title: p.columns.down, width: 130, render: (_, row) => <span className="amount">{downOf(row)}</span> },
  { title: p.columns.series, render: (_, row) => seriesOf(row, word) },
  { title: p.columns.days, width: 220, render: (_, row) => <span className="amount">{daysOf(row)}</span> },
];

function Card({ row }: { row: PlanRow }) {
  return (
    <>
      <div className="card-row">
        <Name row={row} />
        <PlanStatus plan={row} />
      </div>
      <div className="card-row">
        <span className="amount">
          {p.months(row.term_months)} · {percentOf(row.annual_rate_bp)}
        </span>
        <span className="quiet">
          {p.columns.down} {downOf(row)}
        </span>
      </div>
      <div className="card-row card-foot">{daysOf(row)}</div>
    </>
  );
}

function PlansPage() {
  const [q] = useFilter("q");
  const [state, setState] = useFilter("state");
  const [kind, setKind] = useFilter("kind");
  const [series, setSeries] = useFilter("series");
  const plans = usePlans({ q, state, kind, series });
  const choices = usePlanChoices().data;
  const words = useWords();
  const mayKeep = useMayKeep();
  const create = mayKeep && (
    <Link to="/plans/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {p.create}
      </Button>
    </Link>
  );
  const picks = [
    { label: p.anyKind, value: kind, set: setKind, options: choices?.kinds },
    { label: p.anySeriesFilter, value: series, set: setSeries, options: choices?.series },
  ];
  return (
    <Page
      title={p.title}
      subtitle={mayKeep ? p.subtitle : p.lookOnly}
      extra={
        <>
          <SettingsHistory of="plans" />
          {create}
        </>
      }
    >
      <div className="filters">
        <Searching placeholder={p.search} />
        <Segmented
          className="filters-scroll"
          value={state ?? "all"}
          onChange={(value) => setState(value === "all" ? null : value)}
          options={Object.entries(p.filters).map(([value, label]) => ({ value, label }))}
        />
        {picks.map((pick) => (
          <Select
            key={pick.label}
            className="plan-pick"
            aria-label={pick.label}
            placeholder={pick.label}
            value={pick.value}
            onChange={(value: string | undefined) => pick.set(value ?? null)}
            options={pick.options?.map(({ key, label }) => ({ value: key, label })) ?? []}
            loading={!choices}
            showSearch={{ optionFilterProp: "label" }}
            allowClear
          />
        ))}
        <Views />
      </div>
      <ResourceList
        pages={plans}
        columns={columnsWith(words.series)}
        card={(row) => <Card row={row} />}
        linkTo={linkTo}
        empty={
          q || state || kind || series ? (
            <Nothing title={p.nothingFound} hint={p.nothingFoundHint}>
              <Link to="/plans">
                <Button>{t.common.clear}</Button>
              </Link>
            </Nothing>
          ) : (
            <Nothing title={p.empty} hint={mayKeep ? p.emptyHint : p.emptyLook}>
              {create}
            </Nothing>
          )
        }
      />
    </Page>
  );
}

export { PlansPage as Component };
