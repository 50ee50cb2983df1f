/** Beside settings: a drawer with every change, the latest first: who, when, from what to what. */
import { HistoryOutlined } from "@ant-design/icons";
import { App, Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { useSettingsHistory, type SettingsChange, type SettingsKind } from "../api/settings";
import { yuan } from "../lib/money";
import { rowsOf } from "../lib/rows";
import { absolute } from "../lib/time";
import { t } from "../texts";
import { Failure, failureText } from "./Failure";
import { Nothing } from "./Nothing";
import { More } from "./ResourceList";

const s = t.settings;
const rules = t.messages.quotas.rules;

const NUMBERS: Record<string, (n: number) => string> = {
  amount_fen: yuan,
  pay_minutes: t.terms.minutes,
  hold_hours: t.terms.hours,
  extension_hours: t.terms.hours,
  active_per_customer: t.terms.cars,
  most_per_day: s.messages,
  most_per_week: s.messages,
  most_per_month: s.messages,
  reserve_percent: s.percent,
  stop_at_percent: s.percent,
  annual_rate_bp: s.rate,
  subsidised_rate_bp: s.rate,
  fee_bp: s.rate,
  min_down_payment_percent: s.percent,
  max_down_payment_percent: s.percent,
  final_percent: s.percent,
  term_months: t.plans.months,
  price_min_fen: yuan,
  price_max_fen: yuan,
};

const WORDS: Record<string, Record<string, string | { label: string }>> = {
  deposit_type: t.terms.types,
  refund_rule: t.terms.rules,
  payee: t.terms.payees,
  kind: t.plans.kinds,
  final_separately: { true: t.plans.apart, false: t.plans.together },
  in_advance: { true: t.plans.atBeginning, false: t.plans.atEnd },
  quiet_drops: { true: rules.drops, false: rules.waits },
};

function valueOf(field: string, value: unknown): string {
  if (value === null || value === undefined) return s.unset;
  if (Array.isArray(value)) return value.map((one) => t.stock.condition[String(one)] ?? String(one)).join("、") || s.any;
  const number = NUMBERS[field];
  if (number && typeof value === "number") return number(value);
  const word = WORDS[field]?.[String(value)];
  return typeof word === "object" ? word.label : (word ?? String(value));
}

/** What puts settings back to what they were before a change, where that is safe. */
export type Undo = (before: Record<string, unknown>) => Promise<unknown>;

function UndoButton({ one, undo }: { one: SettingsChange; undo: Undo }) {
  const { message, modal } = App.useApp();
  const before = Object.fromEntries(one.changes.map((change) => [change.field, change.before ?? null]));
  const ask = () =>
    modal.confirm({
      title: s.undoTitle,
      content: s.undoHint,
      okText: s.undo,
      cancelText: t.common.cancel,
      onOk: () =>
        undo(before).then(
          () => void message.success(s.undone),
          (error) => void message.error(failureText(error)),
        ),
    });
  return (
    <Button size="small" onClick={ask}>
      {s.undo}
    </Button>
  );
}

function Change({ one, undo }: { one: SettingsChange; undo?: Undo }) {
  return (
    <li className="trail-step">
      <div className="trail-what">
        <strong>{one.label}</strong>
        {one.about && <span>{one.about}</span>}
        {one.dealer && <span>{one.dealer}</span>}
      </div>
      {one.changes.length > 0 && (
        <dl className="settings-changes">
          {one.changes.map(({ field, before, after }) => (
            <div key={field}>
              <dt>{s.fields[field] ?? field}</dt>
              <dd>
                <span className="quiet">{valueOf(field, before)}</span>
                <span className="quiet" aria-hidden="true">
                  {" → "}
                </span>
                <span>{valueOf(field, after)}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
      <small className="quiet">
        {absolute(one.at)} · {s.by(one.actor.name ?? s.system)}
      </small>
      {undo && (
        <span>
          <UndoButton one={one} undo={undo} />
        </span>
      )}
    </li>
  );
}

interface HistoryProps {
  of: SettingsKind;
  undo?: Undo;
}

function Changes({ of, undo }: HistoryProps) {
  const pages = useSettingsHistory(of);
  const rows = rowsOf(pages);
  if (pages.isPending) return <Skeleton active title={false} paragraph={{ rows: 6, width: "100%" }} />;
  if (pages.error && rows.length === 0) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <Nothing title={s.empty} hint={s.emptyHint} />;
  return (
    <>
      <p className="quiet">{s.hint}</p>
      <ol className="trail">
        {rows.map((one) => (
          <Change key={one.id} one={one} {...(undo && { undo })} />
        ))}
      </ol>
      <More pages={pages} />
    </>
  );
}

export function SettingsHistory({ of, undo }: HistoryProps) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={<HistoryOutlined />} onClick={() => setOpen(true)}>
        {s.history}
      </Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={s.titles[of]} size={460}>
        {open && <Changes of={of} {...(undo && { undo })} />}
      </Drawer>
    </>
  );
}
