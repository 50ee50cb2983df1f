/** The ways into a campaign, each with its mini-program code and its code of the service account. */
import { App, Button, Form, Input, Modal, Select, Skeleton, Typography } from "antd";
import { PlusOutlined, QrcodeOutlined } from "@ant-design/icons";
import { useState } from "react";
import { miniProgramCode, useAddCode, useCampaignChoices, useCodes, useFollowCode, type Campaign, type CampaignCode } from "../../api/campaigns";
import { Facts } from "../../parts/Facts";
import { Failure, failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { StorePick } from "./Stores";

const c = t.campaigns.codes;
const LONGEST_LABEL = 40;

interface CodeFields {
  label: string;
  channel: string;
  store_id?: string;
}

function AddCode({ campaign, close }: { campaign: Campaign; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<CodeFields>();
  const choices = useCampaignChoices().data;
  const add = useAddCode(campaign.id);
  const run = ({ label, channel, store_id }: CodeFields) =>
    add.mutate(
      { label: label.trim(), channel, ...(store_id && { store_id }) },
      {
        onSuccess: () => {
          void message.success(c.added);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={c.add} onCancel={close} onOk={() => form.submit()} okText={t.common.save} cancelText={t.common.cancel} confirmLoading={add.isPending} width={440}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item name="label" label={c.label} extra={c.labelHint} rules={[{ required: true, whitespace: true, message: c.needLabel }]}>
          <Input maxLength={LONGEST_LABEL} autoComplete="off" autoFocus />
        </Form.Item>
        <Form.Item name="channel" label={c.channel} rules={[{ required: true, message: c.needChannel }]}>
          <Select options={choices?.channels ?? []} loading={!choices} />
        </Form.Item>
        <Form.Item name="store_id" label={c.store} extra={c.storeHint}>
          <StorePick dealerId={campaign.dealer_id} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** The picture comes from WeChat when it is first looked at; another time it is ours. */
function Picture({ campaignId, code, close }: { campaignId: string; code: CampaignCode; close: () => void }) {
  const { message } = App.useApp();
  const [failed, setFailed] = useState(false);
  const follow = useFollowCode(campaignId);
  const address = miniProgramCode(campaignId, code.id);
  const toFollow = () =>
    follow.mutate(code.id, {
      onSuccess: ({ url }) => void window.open(url, "_blank", "noopener"),
      onError: (error) => void message.error(failureText(error)),
    });
  return (
    <Modal open title={code.label} onCancel={close} width={420} footer={null}>
      <div className="campaign-picture">
        {failed ? <p className="bad">{c.noPicture}</p> : <img src={address} alt={c.picture(code.label)} onError={() => setFailed(true)} />}
        <p className="quiet">{c.pictureHint}</p>
        <span className="campaign-deeds">
          {!failed && (
            <Button type="primary" href={address} download={`${code.label}.png`}>
              {c.save}
            </Button>
          )}
          <Button onClick={toFollow} loading={follow.isPending}>
            {c.follow}
          </Button>
        </span>
      </div>
      <Facts
        items={[
          [c.channel, code.channel_label],
          [c.store, code.store_name ?? t.common.none],
          [c.scene, <Typography.Text copyable>{code.id}</Typography.Text>],
          [c.path, <Typography.Text copyable={{ text: code.path }}>{code.path}</Typography.Text>],
        ]}
      />
    </Modal>
  );
}

export function Codes({ campaign, runs }: { campaign: Campaign; runs: boolean }) {
  const codes = useCodes(campaign.id);
  const [adding, setAdding] = useState(false);
  const [shown, setShown] = useState<CampaignCode | null>(null);
  const mayAdd = runs && (campaign.status === "draft" || campaign.status === "running");
  return (
    <Panel
      title={c.title}
      extra={
        mayAdd && (
          <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
            {c.add}
          </Button>
        )
      }
    >
      {codes.data ? (
        codes.data.items.length > 0 ? (
          <ul className="plain campaign-items">
            {codes.data.items.map((code) => (
              <li key={code.id}>
                <span className="two-lines">
                  <span className="ellipsis">{code.label}</span>
                  <small className="ellipsis">{[code.channel_label, code.store_name, code.staff_name].filter(Boolean).join(" · ")}</small>
                </span>
                <Button size="small" icon={<QrcodeOutlined />} onClick={() => setShown(code)}>
                  {c.mini}
                </Button>
              </li>
            ))}
          </ul>
        ) : (
          <p className="quiet campaign-words">
            {t.say.next(c.empty, c.hint)}
          </p>
        )
      ) : codes.error ? (
        <Failure error={codes.error} retry={() => void codes.refetch()} />
      ) : (
        <Skeleton active title={false} />
      )}
      {adding && <AddCode campaign={campaign} close={() => setAdding(false)} />}
      {shown && <Picture campaignId={campaign.id} code={shown} close={() => setShown(null)} />}
    </Panel>
  );
}
