/** Accept, call back later, test drive booked: only what the platform says this person may do now. */
import { CalendarOutlined, CheckOutlined, PhoneOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Space } from "antd";
import { useState } from "react";
import { useLeadAction } from "../../api/queries";
import type { Lead, LeadAction } from "../../api/types";
import { fromLocalInput, platformNow, toLocalInput } from "../../lib/time";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

const DAY = 86_400_000;

const DONE: Record<LeadAction, string> = {
  accept: t.leads.accepted,
  "call-back": t.leads.callBackSaved,
  "test-drive": t.leads.testDriveSaved,
};

/** The moments people mean, as the input writes them; those already gone are left out. */
export function presets(now: number): [label: string, value: string][] {
  const today = toLocalInput(now).slice(0, 10);
  const tomorrow = toLocalInput(now + DAY).slice(0, 10);
  const words = t.leads.presets;
  const all: [string, string][] = [
    [words.thisAfternoon, `${today}T15:00`],
    [words.tomorrowMorning, `${tomorrow}T10:00`],
    [words.tomorrowAfternoon, `${tomorrow}T15:00`],
  ];
  return all.filter(([, value]) => value > toLocalInput(now));
}

function When({ id, value = "", onChange }: { id?: string; value?: string; onChange?: (value: string) => void }) {
  const now = platformNow();
  return (
    <div className="when">
      <Input
        id={id}
        type="datetime-local"
        value={value}
        min={toLocalInput(now)}
        onChange={(event) => onChange?.(event.target.value)}
      />
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

interface TestDriveProps {
  busy: boolean;
  save: (at: string) => void;
  close: () => void;
}

function TestDrive({ busy, save, close }: TestDriveProps) {
  const [form] = Form.useForm<{ when: string }>();
  return (
    <Modal
      open
      title={t.leads.testDriveTitle}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.common.save}
      cancelText={t.common.cancel}
      confirmLoading={busy}
      width={440}
    >
      <Form
        className="lead-dialog"
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ when }) => save(fromLocalInput(when))}
        initialValues={{ when: `${toLocalInput(platformNow() + DAY).slice(0, 10)}T10:00` }}
      >
        <Form.Item
          name="when"
          label={t.say.aside(t.leads.when, t.time.beijing)}
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
      </Form>
    </Modal>
  );
}

export function LeadActions({ lead }: { lead: Lead }) {
  const { message } = App.useApp();
  const act = useLeadAction(lead.id);
  const [booking, setBooking] = useState(false);
  const can = new Set(lead.actions);
  const run = (action: LeadAction, at?: string) =>
    act.mutate(
      { action, at },
      {
        onSuccess: () => {
          message.success(DONE[action]);
          setBooking(false);
        },
        onError: (error) => message.error(failureText(error)),
      },
    );
  const busy = (action: LeadAction) => act.isPending && act.variables.action === action;
  if (can.size === 0) return <span className="quiet">{t.leads.lookOnly}</span>;
  return (
    <>
      {can.has("call-back") && (
        <Button icon={<PhoneOutlined />} loading={busy("call-back")} disabled={act.isPending} onClick={() => run("call-back")}>
          {t.leads.callBack}
        </Button>
      )}
      {can.has("test-drive") && (
        <Button icon={<CalendarOutlined />} type={can.has("accept") ? "default" : "primary"} disabled={act.isPending} onClick={() => setBooking(true)}>
          {t.leads.testDrive}
        </Button>
      )}
      {can.has("accept") && (
        <Button type="primary" icon={<CheckOutlined />} loading={busy("accept")} disabled={act.isPending} onClick={() => run("accept")}>
          {t.leads.accept}
        </Button>
      )}
      {booking && <TestDrive busy={busy("test-drive")} save={(at) => run("test-drive", at)} close={() => setBooking(false)} />}
    </>
  );
}
