/** One policy as facts, for those who decide about it. */
import { Button, Modal } from "antd";
import { useState } from "react";
import type { Previewed } from "../../api/terms";
import { yuan } from "../../lib/money";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts";
import { scopeOf } from "./policies";

export function factsOf(policy: Previewed): [label: string, value: string][] {
  return [
    [t.terms.fields.type, t.orders.depositType[policy.deposit_type] ?? policy.deposit_type],
    [t.terms.fields.amount, yuan(policy.amount_fen)],
    [t.terms.fields.payee, policy.payee_name ? t.say.aside(policy.payee_name, t.terms.payees[policy.payee].label) : t.terms.payees[policy.payee].label],
    [t.terms.fields.refund, t.terms.refundRules[policy.refund_rule] ?? policy.refund_rule],
    [t.terms.fields.pay, t.terms.minutes(policy.pay_minutes)],
    [t.terms.fields.hold, t.terms.hours(policy.hold_hours)],
    [t.terms.fields.extension, policy.extension_hours ? t.terms.onceMore(policy.extension_hours) : t.terms.noExtension],
    [t.terms.fields.active, t.terms.cars(policy.active_per_customer)],
  ];
}

/** The text in a sheet as wide as a phone, broken where it is broken there. */
export function AsShown({ text }: { text: string }) {
  return (
    <article className="as-shown" aria-label={t.terms.asShown}>
      {text.trim()}
    </article>
  );
}

export function TextDialog({ policy, close }: { policy: Previewed; close: () => void }) {
  return (
    <Modal open title={t.terms.textOf(policy.version)} onCancel={close} footer={null} width={440}>
      <AsShown text={policy.text} />
    </Modal>
  );
}

interface PolicyCardProps {
  policy: Previewed;
  edit: (() => void) | null;
  end: (() => void) | null;
}

export function PolicyCard({ policy, edit, end }: PolicyCardProps) {
  const [reading, setReading] = useState(false);
  return (
    <Panel title={scopeOf(policy)} extra={<Status value="in_force" texts={t.terms.states} tone="good" />}>
      <Facts items={factsOf(policy)} />
      <p className="quiet policy-since">
        {t.orders.terms} {policy.version}
        {policy.created_at && ` · ${t.terms.since(absolute(policy.created_at))}`}
      </p>
      <div className="policy-actions">
        <Button onClick={() => setReading(true)}>{t.terms.read}</Button>
        {edit && <Button onClick={edit}>{t.terms.change}</Button>}
        {end && (
          <Button danger onClick={end}>
            {t.terms.end}
          </Button>
        )}
      </div>
      {reading && <TextDialog policy={policy} close={() => setReading(false)} />}
    </Panel>
  );
}
