/** Accept, call back later, test drive booked: only what the platform says is possible now. */
import { CalendarOutlined, CheckOutlined, PhoneOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Space } from "antd";
import { useState } from "react";
import { useLeadAction } from "../../api/queries";
import type { Lead, LeadAction } from "../../api/types";
import { fromLocalInput, platformNow, toLocalInput } from "../../lib/time";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts/zh-CN";

type Dated = Exclude<LeadAction, "accept">;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const WORDS: Record<Dated, { title: string; done: string }> = {
  "call-back": { title: t.leads.callBackTitle, done: t.leads.callBackSaved },
  "test-drive": { title: t.leads.testDriveTitle, done: t.leads.testDriveSaved },
};

/** The moments people mean, as the input writes them; those already gone are left out. */
export function presets(now: number): [label: string, value: string][] {
  const today = toLocalInput(now).slice(0, 10);
  const tomorrow = toLocalInput(now + DAY).slice(0, 10);
  const all: [string, string][] = [
    [t.leads.presets.hour, toLocalInput(now + HOUR)],
    [t.leads.presets.evening, `${today}T18:00`],
    [t.leads.presets.tomorrow, `${tomorrow}T10:00`],
  ];
  return all.filter(([, value]) => value > toLocalInput(now));
}

function When({ value = "", onChange }: { value?: string; onChange?: (value: string) => void }) {
  const now = platformNow();
  return (
    <div className="when">
      <Input type="datetime-local" value={value} min={toLocalInput(now)} onChange={(event) => onChange?.(event.target.value)} />
      <Space size={6} wrap>
        {presets(now).map(([label, preset]) => (
          <Button key={label} size="small" onClick={() => onChange?.(preset)}>
            {label}
          </Button>
        ))}
      </Space>
    </div>
  );
}

function DatedDialog({ lead, action, close }: { lead: Lead; action: Dated; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ when: string; note?: string }>();
  const act = useLeadAction(lead.id);
  const submit = ({ when, note }: { when: string; note?: string }) =>
    act.mutate(
      { action, at: fromLocalInput(when), note: note?.trim() || undefined },
      {
        onSuccess: () => {
          message.success(WORDS[action].done);
          close();
        },
        onError: (error) => message.error(failureText(error)),
      },
    );
  return (
    <Modal
      open
      title={WORDS[action].title}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.common.save}
      cancelText={t.common.cancel}
      confirmLoading={act.isPending}
      width={440}
    >
      <Form
        className="lead-dialog"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={submit}
        initialValues={{ when: toLocalInput(platformNow() + (action === "call-back" ? HOUR : DAY)) }}
      >
        <Form.Item
          name="when"
          label={`${t.leads.when}（${t.time.beijing}）`}
          rules={[
            { required: true, message: t.leads.needWhen },
            {
              validator: (_, value: string) =>
                !value || value > toLocalInput(platformNow()) ? Promise.resolve() : Promise.reject(new Error(t.leads.pastWhen)),
            },
          ]}
        >
          <When />
        </Form.Item>
        <Form.Item name="note" label={t.leads.note}>
          <Input.TextArea rows={3} maxLength={200} showCount placeholder={t.leads.notePlaceholder} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function LeadActions({ lead }: { lead: Lead }) {
  const { message } = App.useApp();
  const accept = useLeadAction(lead.id);
  const [dialog, setDialog] = useState<Dated | null>(null);
  const can = new Set(lead.actions);
  if (can.size === 0) return <span className="quiet">{t.leads.closedHint}</span>;
  return (
    <>
      {can.has("call-back") && (
        <Button icon={<PhoneOutlined />} onClick={() => setDialog("call-back")}>
          {t.leads.callBack}
        </Button>
      )}
      {can.has("test-drive") && (
        <Button icon={<CalendarOutlined />} type={can.has("accept") ? "default" : "primary"} onClick={() => setDialog("test-drive")}>
          {t.leads.testDrive}
        </Button>
      )}
      {can.has("accept") && (
        <Button
          type="primary"
          icon={<CheckOutlined />}
          loading={accept.isPending}
          onClick={() =>
            accept.mutate(
              { action: "accept" },
              { onSuccess: () => message.success(t.leads.accepted), onError: (error) => message.error(failureText(error)) },
            )
          }
        >
          {t.leads.accept}
        </Button>
      )}
      {dialog && <DatedDialog lead={lead} action={dialog} close={() => setDialog(null)} />}
    </>
  );
}
