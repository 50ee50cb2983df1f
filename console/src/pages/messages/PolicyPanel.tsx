/** How the brand treats people: quiet hours, caps, what is kept for notices, and when a sender stops by itself. */
import { App, Button, Form, Input, InputNumber, Segmented, Skeleton } from "antd";
import { useState } from "react";
import type { ApiError } from "../../api/client";
import { useChangePolicy, useMessagingPolicy, type MessagingPolicy } from "../../api/quota";
import { MARKETING, useStaff } from "../../app/session";
import { Failure, failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { t } from "../../texts";

const q = t.messages.quotas;
const r = q.rules;
const CAPS = ["most_per_day", "most_per_week", "most_per_month"] as const;

function PolicyForm({ policy }: { policy: MessagingPolicy }) {
  const { message } = App.useApp();
  const { role } = useStaff();
  const [form] = Form.useForm<MessagingPolicy>();
  const change = useChangePolicy();
  const failed = (error: ApiError) => {
    const fields = Object.keys(error.details).filter((name): name is keyof MessagingPolicy => name in policy);
    if (fields.length > 0) form.setFields(fields.map((name) => ({ name, errors: [r.wrong[name] ?? error.message] })));
    else void message.error(failureText(error));
  };
  const save = (told: MessagingPolicy) =>
    // An emptied field says that there is no such rule.
    change.mutate(Object.fromEntries(Object.entries(told).map(([name, value]) => [name, value === "" || value === undefined ? null : value])), {
      onSuccess: () => void message.success(r.saved),
      onError: failed,
    });
  return (
    <Form form={form} layout="vertical" requiredMark={false} initialValues={policy} onFinish={save} disabled={!MARKETING.includes(role)}>
      <div className="policy-three">
        <Form.Item name="quiet_from" label={r.quiet_from}>
          <Input type="time" />
        </Form.Item>
        <Form.Item name="quiet_until" label={r.quiet_until}>
          <Input type="time" />
        </Form.Item>
        <Form.Item name="quiet_drops" label={r.quiet_drops}>
          <Segmented options={[{ value: false, label: r.waits }, { value: true, label: r.drops }]} />
        </Form.Item>
      </div>
      <p className="quiet policy-hint">{r.quietHint(policy.time_zone)}</p>
      <div className="policy-three">
        {CAPS.map((name) => (
          <Form.Item key={name} name={name} label={r[name]}>
            <InputNumber min={1} precision={0} placeholder={r.noCap} suffix={r.messages} />
          </Form.Item>
        ))}
      </div>
      <p className="quiet policy-hint">{r.capHint}</p>
      <div className="policy-three">
        <Form.Item name="reserve_percent" label={r.reserve_percent} rules={[{ required: true, message: r.wrong["reserve_percent"] ?? "" }]}>
          <InputNumber min={0} max={100} precision={0} suffix="%" />
        </Form.Item>
        <Form.Item name="stop_at_percent" label={r.stop_at_percent} rules={[{ required: true, message: r.wrong["stop_at_percent"] ?? "" }]}>
          <InputNumber min={0} max={100} precision={0} suffix="%" />
        </Form.Item>
      </div>
      <p className="quiet policy-hint">{r.shareHint}</p>
      {MARKETING.includes(role) && (
        <Button type="primary" htmlType="submit" loading={change.isPending}>
          {t.common.save}
        </Button>
      )}
    </Form>
  );
}

export function PolicyPanel() {
  const policy = useMessagingPolicy();
  const change = useChangePolicy();
  const mayChange = MARKETING.includes(useStaff().role);
  // The form takes what was put back.
  const [round, setRound] = useState(0);
  const undo = (before: Record<string, unknown>) => change.mutateAsync(before as Partial<MessagingPolicy>).then(() => setRound((last) => last + 1));
  return (
    <Panel title={r.title} extra={<SettingsHistory of="messages" {...(mayChange && { undo })} />}>
      {policy.data ? (
        <PolicyForm key={round} policy={policy.data} />
      ) : policy.error ? (
        <Failure error={policy.error} retry={() => void policy.refetch()} />
      ) : (
        <Skeleton active paragraph={{ rows: 5 }} />
      )}
    </Panel>
  );
}
