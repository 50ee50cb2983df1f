/** What a person has to look at; an administrator can deal with money from here. */
import { ExclamationCircleFilled, WarningFilled } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Radio } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useResolve } from "../../api/queries";
import type { Incident } from "../../api/types";
import { failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts/zh-CN";

const PLACES = { order: "/orders", customer: "/customers", journey: "/journeys", lead: "/leads" };

function Resolve({ incident, close }: { incident: Incident; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ action: "refund" | "by_hand"; note: string }>();
  const resolve = useResolve();
  return (
    <Modal
      open
      title={incident.title}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.common.save}
      cancelText={t.common.cancel}
      confirmLoading={resolve.isPending}
      width={440}
    >
      <p className="quiet">{incident.detail}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(values) =>
          resolve.mutate(
            { id: incident.id, ...values },
            {
              onSuccess: () => {
                message.success(t.overview.resolved);
                close();
              },
              onError: (error) => message.error(failureText(error)),
            },
          )
        }
      >
        <Form.Item name="action" label={t.overview.resolveHow} rules={[{ required: true, message: t.overview.needHow }]}>
          <Radio.Group
            options={[
              { value: "refund", label: t.overview.sendBack },
              { value: "by_hand", label: t.overview.byHand },
            ]}
          />
        </Form.Item>
        <Form.Item name="note" label={t.overview.note} rules={[{ required: true, whitespace: true, message: t.overview.needNote }]}>
          <Input.TextArea rows={3} maxLength={500} placeholder={t.overview.notePlaceholder} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Line({ incident, onResolve }: { incident: Incident; onResolve: () => void }) {
  const { link } = incident;
  return (
    <li className="incident">
      {incident.severity === "error" ? <ExclamationCircleFilled className="bad" /> : <WarningFilled className="warn" />}
      <span className="incident-text">
        <strong>{link ? <Link to={`${PLACES[link.type]}/${link.id}`}>{incident.title}</Link> : incident.title}</strong>
        <small>
          {incident.detail} · <Moment at={incident.at} />
        </small>
      </span>
      {incident.can_resolve && (
        <Button size="small" onClick={onResolve}>
          {t.overview.resolve}
        </Button>
      )}
    </li>
  );
}

export function Incidents({ items }: { items: Incident[] }) {
  const [chosen, setChosen] = useState<Incident | null>(null);
  return (
    <Panel title={t.overview.incidents}>
      {items.length === 0 ? (
        <Nothing title={t.overview.noIncidents} hint={t.overview.noIncidentsHint} />
      ) : (
        <ul className="plain">
          {items.map((incident) => (
            <Line key={incident.id} incident={incident} onResolve={() => setChosen(incident)} />
          ))}
        </ul>
      )}
      {chosen && <Resolve key={chosen.id} incident={chosen} close={() => setChosen(null)} />}
    </Panel>
  );
}
