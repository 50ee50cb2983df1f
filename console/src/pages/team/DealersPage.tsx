/** The brand's dealers, with how many stores and people each has. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useDealerList, useOpenDealer, type DealerRow } from "../../api/team";
import { useStaff } from "../../app/session";
import { failureText } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import "./team.css";

const d = t.team.dealer;
const linkTo = (row: DealerRow) => `/team/dealers/${row.id}`;
const count = t.common.count;

const columns: TableColumnsType<DealerRow> = [
  { title: d.columns.name, render: (_, row) => <Link to={linkTo(row)}>{row.name}</Link> },
  { title: d.columns.city, width: 120, dataIndex: "city" },
  { title: d.columns.stores, width: 90, align: "right", render: (_, row) => <span className={row.stores === 0 ? "warn" : "amount"}>{count(row.stores)}</span> },
  { title: d.columns.staff, width: 90, align: "right", render: (_, row) => <span className="amount">{count(row.staff)}</span> },
  { title: d.columns.money, width: 140, render: (_, row) => (row.takes_money ? d.ownMerchant : d.brandMerchant) },
];

function card(row: DealerRow) {
  return (
    <>
      <div className="card-row">
        <strong className="ellipsis">{row.name}</strong>
        <span className="quiet">{row.city}</span>
      </div>
      <div className="card-row card-foot">
        <span>
          {d.columns.stores} {count(row.stores)} · {d.columns.staff} {count(row.staff)}
        </span>
        <span>{row.takes_money ? d.ownMerchant : d.brandMerchant}</span>
      </div>
    </>
  );
}

function NewDealer({ close }: { close: () => void }) {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const [form] = Form.useForm<{ name: string; city: string }>();
  const open = useOpenDealer();
  const run = ({ name, city }: { name: string; city: string }) =>
    open.mutate(
      { name: name.trim(), city: city.trim() },
      {
        onSuccess: (made) => {
          void message.success(d.made);
          void navigate(`/team/dealers/${made.id}`);
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={d.add} onCancel={close} onOk={() => form.submit()} okText={t.common.save} cancelText={t.common.cancel} confirmLoading={open.isPending} width={440}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item name="name" label={d.name} rules={[{ required: true, whitespace: true, max: 64, message: d.needName }]}>
          <Input autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="city" label={d.city} rules={[{ required: true, whitespace: true, max: 64, message: d.needCity }]}>
          <Input autoComplete="off" />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function DealersPage() {
  const { role, dealer } = useStaff();
  const keeps = role === "admin";
  const [q] = useFilter("q");
  const [adding, setAdding] = useState(false);
  const dealers = useDealerList(q);
  return (
    <>
      <div className="filters">
        <Searching placeholder={d.search} />
        <Views />
        <span className="filters-end">
          {!dealer && <SettingsHistory of="places" />}
          {keeps && (
            <Button type="primary" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
              {d.add}
            </Button>
          )}
        </span>
      </div>
      <ResourceList pages={dealers} columns={columns} card={card} linkTo={linkTo} empty={q ? <Nothing title={d.emptyFiltered} /> : <Nothing title={d.empty} hint={d.emptyHint} />} />
      {adding && <NewDealer close={() => setAdding(false)} />}
    </>
  );
}

export { DealersPage as Component };
