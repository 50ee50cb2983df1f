/** The keys with which other systems of the brand call us: made once, seen once, taken back. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Skeleton, Table, Typography, type TableColumnsType } from "antd";
import { useState } from "react";
import { useIssueKey, useKeys, useRevokeKey, type PartnerKey } from "../../api/audience";
import { useStaff } from "../../app/session";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { SettingsHistory } from "../../parts/SettingsHistory";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

const k = t.audience.key;
const STATES = { active: k.active, revoked: k.revoked };

function NewKey({ open, onClose }: { open: boolean; onClose: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ name: string }>();
  const issue = useIssueKey();
  const close = () => {
    issue.reset();
    onClose();
  };
  if (issue.data)
    return (
      <Modal
        open={open}
        title={k.token}
        closable={false}
        mask={{ closable: false }}
        footer={
          <Button type="primary" onClick={close}>
            {k.saved}
          </Button>
        }
      >
        <p>{k.tokenHint}</p>
        <Typography.Text code copyable className="key-token">
          {issue.data.token}
        </Typography.Text>
      </Modal>
    );
  return (
    <Modal open={open} title={k.create} okText={k.create} onCancel={close} onOk={() => form.submit()} confirmLoading={issue.isPending} destroyOnHidden>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={({ name }) => issue.mutate(name.trim(), { onError: (error) => void message.error(failureText(error)) })}
      >
        <Form.Item name="name" label={k.name} rules={[{ required: true, whitespace: true, message: k.needName }]}>
          <Input maxLength={80} placeholder={k.namePlaceholder} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function useColumns(): TableColumnsType<PartnerKey> {
  const { message, modal } = App.useApp();
  const revoke = useRevokeKey();
  const ask = (key: PartnerKey) =>
    modal.confirm({
      title: k.revokeTitle(key.name),
      content: k.revokeHint,
      okText: k.revoke,
      okButtonProps: { danger: true },
      onOk: () =>
        revoke.mutateAsync(key.id).then(
          () => void message.success(k.revokeDone),
          (error) => void message.error(failureText(error)),
        ),
    });
  return [
    { title: k.columns.name, dataIndex: "name" },
    { title: k.columns.hint, width: 150, render: (_, key) => <code>{key.hint}…</code> },
    { title: k.columns.created, width: 140, render: (_, key) => <Moment at={key.created_at} /> },
    { title: k.columns.used, width: 140, render: (_, key) => (key.last_used_at ? <Moment at={key.last_used_at} /> : <span className="quiet">{k.never}</span>) },
    {
      title: k.columns.status,
      width: 110,
      render: (_, key) => <Status value={key.revoked_at ? "revoked" : "active"} texts={STATES} tone={key.revoked_at ? "idle" : "good"} />,
    },
    {
      width: 90,
      render: (_, key) =>
        !key.revoked_at && (
          <Button size="small" type="text" danger onClick={() => void ask(key)}>
            {k.revoke}
          </Button>
        ),
    },
  ];
}

function KeysPage() {
  const isAdmin = useStaff().role === "admin";
  return isAdmin ? <Keys /> : <Nothing title={k.adminsOnly} />;
}

function Keys() {
  const keys = useKeys();
  const columns = useColumns();
  const [isNew, setNew] = useState(false);
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => setNew(true)}>
      {k.create}
    </Button>
  );
  return (
    <>
      <div className="filters">
        <span className="quiet">{k.hint}</span>
        <span className="filters-end">
          <SettingsHistory of="keys" />
          {create}
        </span>
      </div>
      <Panel flush={Boolean(keys.data?.items.length)}>
        {keys.error ? (
          <Failure error={keys.error} retry={() => void keys.refetch()} />
        ) : !keys.data ? (
          <Skeleton active />
        ) : keys.data.items.length === 0 ? (
          <Nothing title={k.empty} hint={k.emptyHint} />
        ) : (
          <Table rowKey="id" dataSource={keys.data.items} columns={columns} pagination={false} scroll={{ x: "max-content" }} />
        )}
      </Panel>
      <NewKey open={isNew} onClose={() => setNew(false)} />
    </>
  );
}

export { KeysPage as Component };
