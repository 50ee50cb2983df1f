/** What differs on one day, by kind and state, each with the ways out of it that are open to this person. */
import { Button, Segmented, Tooltip, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Difference, RunDetail } from "../../api/finance";
import { useDifferences } from "../../api/financeQueries";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { ResolveDifference } from "./ResolveDifference";

type Choose = (row: Difference) => void;

function What({ row }: { row: Difference }) {
  return (
    <span className="two-lines wide">
      <span>
        {row.concerns_label} · {row.label}
      </span>
      <small>{row.reference}</small>
    </span>
  );
}

function Side({ fen, said }: { fen: number | null; said: string | null }) {
  return (
    <span className="two-lines figures-cell">
      <span className="amount">{fen === null ? t.common.none : yuan(fen)}</span>
      {said && <small>{said}</small>}
    </span>
  );
}

function OrderLink({ row }: { row: Difference }) {
  if (!row.order) return <span className="quiet">{t.common.none}</span>;
  return (
    <Link className="link" to={`/orders/${row.order.id}`}>
      {row.order.number}
    </Link>
  );
}

function Outcome({ row, choose }: { row: Difference; choose: Choose }) {
  if (row.actions.length > 0)
    return (
      <Button size="small" onClick={() => choose(row)}>
        {t.overview.resolve}
      </Button>
    );
  const state = <Status value={row.status} texts={{ [row.status]: row.status_label }} />;
  if (!row.resolution_label) return state;
  const more = [row.note, row.resolved_by, row.resolved_at && absolute(row.resolved_at)].filter(Boolean).join(" · ");
  return (
    <Tooltip title={more}>
      <span className="two-lines">
        {state}
        <small className="ellipsis">{row.resolution_label}</small>
      </span>
    </Tooltip>
  );
}

const columnsFor = (choose: Choose): TableColumnsType<Difference> => [
  { title: t.runs.columns.kind, render: (_, row) => <What row={row} /> },
  { title: t.runs.columns.order, render: (_, row) => <OrderLink row={row} /> },
  { title: t.runs.columns.ours, align: "right", render: (_, row) => <Side fen={row.ours_fen} said={row.ours} /> },
  { title: t.runs.columns.theirs, align: "right", render: (_, row) => <Side fen={row.theirs_fen} said={row.theirs} /> },
  { title: t.runs.columns.outcome, width: 180, render: (_, row) => <Outcome row={row} choose={choose} /> },
];

const cardFor = (choose: Choose) => (row: Difference) => (
  <>
    <div className="card-row">
      <What row={row} />
      <Outcome row={row} choose={choose} />
    </div>
    <div className="card-row card-foot">
      <span>
        {t.runs.columns.ours} <Side fen={row.ours_fen} said={row.ours} />
      </span>
      <span>
        {t.runs.columns.theirs} <Side fen={row.theirs_fen} said={row.theirs} />
      </span>
    </div>
    {row.order && (
      <div className="card-row card-foot">
        <OrderLink row={row} />
      </div>
    )}
  </>
);

export function Differences({ run }: { run: RunDetail }) {
  const [kind, setKind] = useFilter("kind");
  const [status, setStatus] = useFilter("status");
  const [q] = useFilter("q");
  const [chosen, setChosen] = useState<Difference | null>(null);
  const differences = useDifferences({ reconciliation_id: run.id, kind, status, q });
  // The words in brackets explain a kind where there is room.
  const short = (label: string) => label.split(/ ?[（(]/)[0];
  const kinds = [
    { value: "all", label: `${t.common.all} ${t.common.count(run.differences)}` },
    ...run.kinds.map((one) => ({ value: one.kind, label: `${short(one.label)} ${t.common.count(one.all)}` })),
  ];
  return (
    <section>
      <h2 className="section-title">{t.runs.differences}</h2>
      <div className="filters">
        {run.kinds.length > 1 && (
          <Segmented value={kind ?? "all"} options={kinds} onChange={(value) => setKind(value === "all" ? null : value)} />
        )}
        <Segmented
          value={status ?? "all"}
          options={Object.entries(t.runs.differenceFilters).map(([value, label]) => ({ value, label }))}
          onChange={(value) => setStatus(value === "all" ? null : value)}
        />
        <Searching placeholder={t.runs.search} />
      </div>
      <ResourceList
        pages={differences}
        columns={columnsFor(setChosen)}
        card={cardFor(setChosen)}
        empty={<Nothing title={t.runs.noneFiltered} hint={t.finance.filteredHint} />}
      />
      {chosen && <ResolveDifference key={chosen.id} difference={chosen} close={() => setChosen(null)} />}
    </section>
  );
}
