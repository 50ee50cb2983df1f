/** What a consumer would read of a plan for a car of some price: by the server's own calculator. */
import { Alert, InputNumber, Skeleton, Table, type TableColumnsType } from "antd";
import { useState } from "react";
import { usePlanPreview, type PlanDraft, type PlanPreview } from "../../api/plans";
import { yuan } from "../../lib/money";
import { useRested } from "../../lib/rest";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const p = t.plans.preview;
const FEN = 100;
const USUAL = 250_000;

type Instalment = PlanPreview["schedule"][number];

const money = (title: string, dataIndex: keyof Instalment) => ({ title, dataIndex, align: "right" as const, render: (fen: number) => <span className="amount">{yuan(fen)}</span> });
const COLUMNS: TableColumnsType<Instalment> = [
  { title: p.columns.number, dataIndex: "number", width: 56 },
  money(p.columns.payment, "payment_fen"),
  money(p.columns.principal, "principal_fen"),
  money(p.columns.interest, "interest_fen"),
  money(p.columns.balance, "balance_fen"),
];

function Shown({ shown }: { shown: PlanPreview }) {
  const facts: [string, string][] = [
    [p.lent, yuan(shown.principal_fen)],
    [p.last, yuan(shown.last_instalment_fen)],
    ...(shown.fee_fen ? [[p.fee, yuan(shown.fee_fen)] as [string, string]] : []),
    [p.interest, yuan(shown.interest_fen)],
    ...(shown.subsidy_fen ? [[p.subsidy, yuan(shown.subsidy_fen)] as [string, string]] : []),
    [p.total, yuan(shown.total_fen)],
    [p.apr, p.aprs(`${shown.apr_percent.toFixed(2)}%`, `${shown.effective_apr_percent.toFixed(2)}%`)],
  ];
  return (
    <>
      <p className="plan-monthly">
        <span className="quiet">{p.monthly}</span>
        <strong>{yuan(shown.monthly_fen)}</strong>
        <span className="quiet">× {t.plans.months(shown.plan.term_months)}</span>
      </p>
      <p className="plan-note">{shown.note}</p>
      <Facts items={facts} />
      <details className="plan-schedule">
        <summary>{p.schedule}</summary>
        <Table rowKey="number" size="small" dataSource={shown.schedule} columns={COLUMNS} pagination={false} scroll={{ x: "max-content", y: 320 }} />
      </details>
      <p className="quiet plan-note">{shown.disclaimer}</p>
    </>
  );
}

/** `terms` is null while they are not whole. */
export function Preview({ terms }: { terms: PlanDraft | null }) {
  const [price, setPrice] = useState<number | null>(null);
  const [down, setDown] = useState<number | null>(null);
  // A car that the plan is for, unless she names a price.
  const fitting = Math.min(Math.max(USUAL, (terms?.price_min_fen ?? 0) / FEN), (terms?.price_max_fen ?? Infinity) / FEN);
  const asked = terms && { ...terms, price_fen: Math.round((price ?? fitting) * FEN), ...(down === null ? {} : { down_payment_fen: Math.round(down * FEN) }) };
  const rested = useRested(asked && JSON.stringify(asked));
  const preview = usePlanPreview(rested ? (JSON.parse(rested) as NonNullable<typeof asked>) : null);
  const shown = preview.data;
  return (
    <Panel title={t.plans.sections.preview}>
      <div className="plan-asked">
        <label>
          <span className="quiet">{p.price}</span>
          <InputNumber aria-label={p.price} min={1} max={90_000_000} precision={2} suffix={t.plans.units.yuan} value={price ?? fitting} onChange={setPrice} />
        </label>
        <label>
          <span className="quiet">{p.down}</span>
          <InputNumber
            aria-label={p.down}
            min={0}
            precision={2}
            suffix={t.plans.units.yuan}
            value={down}
            placeholder={shown ? (shown.down_payment_min_fen / FEN).toFixed(2) : undefined}
            onChange={setDown}
          />
        </label>
      </div>
      {shown && !preview.error && <p className="quiet plan-note">{p.range(yuan(shown.down_payment_min_fen), yuan(shown.down_payment_max_fen))}</p>}
      {!terms ? (
        <p className="quiet">{p.waiting}</p>
      ) : preview.error ? (
        <Alert type="warning" showIcon title={failureText(preview.error)} />
      ) : shown ? (
        <div className={preview.isPlaceholderData ? "list-stale" : ""}>
          <Shown shown={shown} />
        </div>
      ) : (
        <Skeleton active paragraph={{ rows: 6 }} />
      )}
    </Panel>
  );
}
