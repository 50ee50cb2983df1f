/** Beside settings: a drawer with every change, the latest first: who, when, from what to what. */
import { HistoryOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { useState } from "react";
import { useSettingsHistory, type SettingsChange, type SettingsKind } from "../api/settings";
import { yuan } from "../lib/money";
import { rowsOf } from "../lib/rows";
import { absolute } from "../lib/time";
import { t } from "../texts/zh-CN";
import { Failure } from "./Failure";
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
};

const WORDS: Record<string, Record<string, string | { label: string }>> = {
  deposit_type: t.terms.types,
  refund_rule: t.terms.rules,
  payee: t.terms.payees,
  quiet_drops: { true: rules.drops, false: rules.waits },
};

function valueOf(field: string, value: unknown): string {
  if (value === null || value === undefined) return s.unset;
  const number = NUMBERS[field];
  if (number && typeof value === "number") return number(value);
  const word = WORDS[field]?.[String(value)];
  return typeof word === "object" ? word.label : (word ?? String(value));
}

function Change({ one }: { one: SettingsChange }) {
  return (
    <li className="trail-step">
      <div className="trail-what">
        <strong>{one.label}</strong>
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
    </li>
  );
}

function Changes({ of }: { of: SettingsKind }) {
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
          <Change key={one.id} one={one} />
        ))}
      </ol>
      <More pages={pages} />
    </>
  );
}

export function SettingsHistory({ of }: { of: SettingsKind }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button icon={<HistoryOutlined />} onClick={() => setOpen(true)}>
        {s.history}
      </Button>
      <Drawer open={open} onClose={() => setOpen(false)} title={s.titles[of]} size={460}>
        {open && <Changes of={of} />}
      </Drawer>
    </>
  );
}
