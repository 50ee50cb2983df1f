/** The steps of a campaign, each told in what it does, and the door where people are let in. */
import { App, Button, Form, Input, Modal, Segmented } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useCampaignStep, useCheckIn, useCodes, type Campaign } from "../../api/campaigns";
import { failureText } from "../../parts/Failure";
import { nameOf } from "../../parts/People";
import { t } from "../../texts";
import { daysOf } from "./campaigns";

const c = t.campaigns;
const LONGEST_REASON = 200;

function Cancel({ campaign, close }: { campaign: Campaign; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ reason: string }>();
  const step = useCampaignStep(campaign.id);
  const run = ({ reason }: { reason: string }) =>
    step.mutate(
      { step: "cancel", reason: reason.trim() },
      {
        onSuccess: () => {
          void message.success(c.cancelled);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={c.cancelTitle(campaign.name)} onCancel={close} onOk={() => form.submit()} okText={c.cancel} cancelText={c.back} okButtonProps={{ danger: true }} confirmLoading={step.isPending} width={440}>
      <p className="quiet">{c.cancelHint}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item name="reason" label={c.reason} rules={[{ required: true, whitespace: true, message: c.needReason }]}>
          <Input.TextArea rows={3} maxLength={LONGEST_REASON} autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** Stays open: behind one guest stands the next. */
function Door({ id, close }: { id: string; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ shown: string }>();
  const [by, setBy] = useState<"phone" | "ticket">("phone");
  const checkIn = useCheckIn(id);
  const run = ({ shown }: { shown: string }) =>
    checkIn.mutate(by === "phone" ? { phone: shown.trim() } : { ticket: shown.trim() }, {
      onSuccess: (guest) => {
        form.resetFields();
        void message[guest.is_first ? "success" : "info"](`${nameOf({ ...guest, id: guest.customer_id })} ${guest.is_first ? c.door.done : c.door.again}`);
      },
      onError: (error) => void message.error(failureText(error)),
    });
  return (
    <Modal open title={c.door.title} onCancel={close} onOk={() => form.submit()} okText={c.door.open} cancelText={c.back} confirmLoading={checkIn.isPending} width={420}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item>
          <Segmented
            block
            value={by}
            onChange={(value) => {
              setBy(value);
              form.resetFields();
            }}
            options={(["phone", "ticket"] as const).map((value) => ({ value, label: c.door[value] }))}
          />
        </Form.Item>
        <Form.Item name="shown" label={c.door[by]} extra={by === "phone" ? c.door.phoneHint : c.door.ticketHint} rules={[{ required: true, whitespace: true, message: c.door.need }]}>
          <Input key={by} autoFocus autoComplete="off" maxLength={by === "phone" ? 20 : 200} inputMode={by === "phone" ? "tel" : "text"} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

export function Deeds({ campaign, runs }: { campaign: Campaign; runs: boolean }) {
  const { message, modal } = App.useApp();
  const [asked, setAsked] = useState<"cancel" | "door" | null>(null);
  const step = useCampaignStep(campaign.id);
  const codes = useCodes(campaign.id);
  const { id, name, status } = campaign;
  const [drafted, running] = [status === "draft", status === "running"];
  const run = (one: "start" | "end", done: string) =>
    step.mutateAsync({ step: one }).then(
      () => void message.success(done),
      (error) => void message.error(failureText(error)),
    );
  const start = () =>
    void modal.confirm({
      title: c.startTitle(name),
      content: c.startHint(codes.data?.items.length ?? 0, daysOf(campaign)),
      okText: c.start,
      cancelText: c.back,
      onOk: () => run("start", c.started),
    });
  const end = () =>
    void modal.confirm({
      title: c.endTitle(name),
      content: c.endHint(campaign.ends_on),
      okText: c.end,
      cancelText: c.back,
      okButtonProps: { danger: true },
      onOk: () => run("end", c.ended),
    });
  return (
    <>
      {runs && (drafted || running) && (
        <Button danger onClick={() => setAsked("cancel")}>
          {c.cancel}
        </Button>
      )}
      {runs && running && (
        <Button danger onClick={end}>
          {c.end}
        </Button>
      )}
      {runs && (drafted || running) && (
        <Link to={`/campaigns/${id}/edit`}>
          <Button>{c.edit}</Button>
        </Link>
      )}
      {running && (
        <Button type="primary" onClick={() => setAsked("door")}>
          {c.door.open}
        </Button>
      )}
      {runs && drafted && (
        <Button type="primary" onClick={start} disabled={!codes.data}>
          {c.start}
        </Button>
      )}
      {asked === "cancel" && <Cancel campaign={campaign} close={() => setAsked(null)} />}
      {asked === "door" && <Door id={id} close={() => setAsked(null)} />}
    </>
  );
}
