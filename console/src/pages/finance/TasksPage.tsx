/** Money that a person has to look at, and what was done about it. */
import { Button, Segmented, Tooltip, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Task } from "../../api/finance";
import { useTasks } from "../../api/financeQueries";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { ResolveIncident } from "../../parts/ResolveIncident";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { mayDealWithMoney } from "./roles";
import { detailsOf } from "./words";

function What({ task }: { task: Task }) {
  return (
    <span className="two-lines task-what">
      <strong>{task.label}</strong>
      {detailsOf(task.details).map((line) => (
        <small key={line}>{line}</small>
      ))}
    </span>
  );
}

function Numbers({ task }: { task: Task }) {
  return (
    <span className="two-lines wide">
      {task.order ? (
        <Link className="link" to={`/orders/${task.order.id}`}>
          {task.order.number}
        </Link>
      ) : (
        <span className="quiet">{t.tasks.noOrder}</span>
      )}
      <small>{task.reference}</small>
    </span>
  );
}

function Outcome({ task, choose }: { task: Task; choose: ((task: Task) => void) | null }) {
  if (task.resolved_at === null)
    return choose ? (
      <Button size="small" onClick={() => choose(task)}>
        {t.overview.resolve}
      </Button>
    ) : (
      <Status value="open" texts={t.tasks.states} tone="warn" />
    );
  return (
    <Tooltip title={[task.note, absolute(task.resolved_at)].filter(Boolean).join(" · ")}>
      <span>
        <Status value={task.resolution ?? "by_hand"} texts={t.tasks.resolutions} tone="good" />
      </span>
    </Tooltip>
  );
}

function TasksPage() {
  const staff = useStaff();
  const [status, setStatus] = useFilter("status");
  const [chosen, setChosen] = useState<Task | null>(null);
  const wanted = status ?? "open";
  const [q] = useFilter("q");
  const tasks = useTasks(wanted, q);
  const choose = mayDealWithMoney(staff) ? setChosen : null;
  const columns: TableColumnsType<Task> = [
    { title: t.tasks.columns.what, render: (_, row) => <What task={row} /> },
    { title: t.tasks.columns.order, render: (_, row) => <Numbers task={row} /> },
    { title: t.tasks.columns.amount, align: "right", render: (_, row) => <span className="amount">{yuan(row.amount_fen)}</span> },
    { title: t.tasks.columns.since, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
    { title: t.tasks.columns.outcome, width: 150, render: (_, row) => <Outcome task={row} choose={choose} /> },
  ];
  return (
    <>
      <div className="filters">
        <Segmented
          value={wanted}
          onChange={(value) => setStatus(value === "open" ? null : value)}
          options={Object.entries(t.tasks.filters).map(([value, label]) => ({ value, label }))}
        />
        <Searching placeholder={t.runs.search} />
        <Views />
      </div>
      <ResourceList
        pages={tasks}
        columns={columns}
        card={(row) => (
          <>
            <div className="card-row">
              <What task={row} />
              <strong className="amount">{yuan(row.amount_fen)}</strong>
            </div>
            <div className="card-row">
              <Numbers task={row} />
            </div>
            <div className="card-row card-foot">
              <Moment at={row.created_at} />
              <Outcome task={row} choose={choose} />
            </div>
          </>
        )}
        empty={
          wanted === "open" && !q ? (
            <Nothing title={t.tasks.empty} hint={t.tasks.emptyHint} />
          ) : (
            <Nothing title={t.tasks.emptyFiltered} hint={t.finance.filteredHint} />
          )
        }
      />
      {chosen && (
        <ResolveIncident
          key={chosen.id}
          id={chosen.id}
          title={chosen.label}
          detail={[yuan(chosen.amount_fen), ...detailsOf(chosen.details)].join(" · ")}
          close={() => setChosen(null)}
        />
      )}
    </>
  );
}

export { TasksPage as Component };
