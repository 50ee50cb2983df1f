/** Every version there was, the newest first; orders keep the one that their customers accepted. */
import { Table, type TableColumnsType } from "antd";
import { useState } from "react";
import type { Policy } from "../../api/terms";
import { useIsPhone } from "../../app/ThemeMode";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Panel } from "../../parts/Panel";
import { scrolled } from "../../parts/Scrolled";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { scopeOf } from "./policies";
import { TextDialog } from "./PolicyCard";

const LONG = 20;

function State({ policy }: { policy: Policy }) {
  return policy.is_in_force ? (
    <Status value="in_force" texts={t.terms.states} tone="good" />
  ) : (
    <Status value="ended" texts={t.terms.states} tone="idle" />
  );
}

function Span({ policy }: { policy: Policy }) {
  return (
    <span className="two-lines wide">
      <span>{policy.created_at && absolute(policy.created_at)}</span>
      <small>{policy.ended_at ? t.terms.until(absolute(policy.ended_at)) : t.terms.stillIn}</small>
    </span>
  );
}

const columns: TableColumnsType<Policy> = [
  { title: t.orders.terms, render: (_, row) => <span className="order-number">{row.version}</span> },
  { title: t.terms.fields.scope, render: (_, row) => scopeOf(row) },
  { title: t.terms.fields.type, render: (_, row) => t.orders.depositType[row.deposit_type] ?? row.deposit_type },
  { title: t.terms.fields.amount, align: "right", render: (_, row) => <span className="amount">{yuan(row.amount_fen)}</span> },
  { title: t.terms.fields.inForce, render: (_, row) => <Span policy={row} /> },
  { title: t.orders.columns.status, width: 110, render: (_, row) => <State policy={row} /> },
];

export function History({ policies }: { policies: Policy[] }) {
  const phone = useIsPhone();
  const [reading, setReading] = useState<Policy | null>(null);
  if (policies.length === 0) return null;
  return (
    <section>
      <h2 className="section-title">{t.terms.history}</h2>
      {phone ? (
        <ul className="cards">
          {policies.map((policy) => (
            <li key={policy.id}>
              <button type="button" className="card policy-row" onClick={() => setReading(policy)}>
                <span className="card-row">
                  <strong>{scopeOf(policy)}</strong>
                  <State policy={policy} />
                </span>
                <span className="card-row card-foot">
                  <Span policy={policy} />
                  <span className="amount">{yuan(policy.amount_fen)}</span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      ) : (
        <Panel flush>
          <Table
            rowKey="id"
            dataSource={policies}
            columns={columns}
            pagination={policies.length > LONG && { pageSize: LONG, showSizeChanger: false }}
            components={scrolled}
            scroll={{ x: "max-content" }}
            onRow={(policy) => ({ onClick: () => setReading(policy), className: "row-link" })}
          />
        </Panel>
      )}
      {reading && <TextDialog policy={reading} close={() => setReading(null)} />}
    </section>
  );
}
