/** What a campaign cost: entered, never changed, taken back by an entry of the opposite amount. */
import { PlusOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Select, Skeleton } from "antd";
import { useState } from "react";
import { useCampaignChoices, useCodes, useCosts, useEnterCost, useReverseCost, type Campaign, type Cost } from "../../api/campaigns";
import { fenOf, yuan } from "../../lib/money";
import { rowsOf } from "../../lib/rows";
import { dayKey, platformNow } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { More } from "../../parts/ResourceList";
import { t } from "../../texts";

const c = t.campaigns.costs;
const LONGEST_NOTE = 200;

interface CostFields {
  spent_on: string;
  category: string;
  amount: string;
  note?: string;
  code_id?: string;
}

const amountRules = [
  { required: true, message: t.campaigns.form.badBudget },
  { validator: (_: unknown, typed = "") => (!typed || fenOf(typed) ? Promise.resolve() : Promise.reject(new Error(t.campaigns.form.badBudget))) },
];

function Enter({ campaign, close }: { campaign: Campaign; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<CostFields>();
  const choices = useCampaignChoices().data;
  const codes = useCodes(campaign.id).data;
  const enter = useEnterCost(campaign.id);
  const run = ({ amount, note, code_id, ...fields }: CostFields) =>
    enter.mutate(
      { ...fields, amount_fen: fenOf(amount) ?? 0, note: note?.trim() ?? "", ...(code_id && { code_id }) },
      {
        onSuccess: () => {
          void message.success(c.entered);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={c.add} onCancel={close} onOk={() => form.submit()} okText={t.common.save} cancelText={t.common.cancel} confirmLoading={enter.isPending} width={460}>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run} initialValues={{ spent_on: dayKey(new Date(platformNow()).toISOString()) }}>
        <div className="campaign-pair">
          <Form.Item name="amount" label={c.amount} rules={amountRules}>
            <Input prefix="¥" inputMode="decimal" autoComplete="off" autoFocus />
          </Form.Item>
          <Form.Item name="spent_on" label={c.day} rules={[{ required: true, message: c.needDay }]}>
            <Input type="date" />
          </Form.Item>
          <Form.Item name="category" label={c.category} rules={[{ required: true, message: c.needCategory }]}>
            <Select options={choices?.categories ?? []} loading={!choices} />
          </Form.Item>
          <Form.Item name="code_id" label={c.code}>
            <Select allowClear placeholder={c.wholeCampaign} options={codes?.items.map(({ id, label }) => ({ value: id, label })) ?? []} loading={!codes} />
          </Form.Item>
        </div>
        <Form.Item name="note" label={c.note}>
          <Input maxLength={LONGEST_NOTE} autoComplete="off" />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Reverse({ campaign, cost, close }: { campaign: Campaign; cost: Cost; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ note: string }>();
  const reverse = useReverseCost(campaign.id);
  const run = ({ note }: { note: string }) =>
    reverse.mutate(
      { cost: cost.id, note: note.trim() },
      {
        onSuccess: () => {
          void message.success(c.reversed);
          close();
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <Modal open title={c.reverseTitle(yuan(cost.amount_fen))} onCancel={close} onOk={() => form.submit()} okText={c.reverse} cancelText={t.common.cancel} confirmLoading={reverse.isPending} width={440}>
      <p className="quiet">{c.reverseHint}</p>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        <Form.Item name="note" label={t.campaigns.reason} rules={[{ required: true, whitespace: true, message: t.campaigns.needReason }]}>
          <Input maxLength={LONGEST_NOTE} autoComplete="off" autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function Line({ cost, isReversed, reverse }: { cost: Cost; isReversed: boolean; reverse: (() => void) | null }) {
  return (
    <li>
      <span className="two-lines">
        <span className="ellipsis">
          {cost.category_label}
          {cost.note && ` · ${cost.note}`}
        </span>
        <small className="ellipsis">
          {cost.spent_on} · {cost.staff_name}
        </small>
      </span>
      <span className="campaign-items-deeds">
        <span className={cost.reverses_id || isReversed ? "amount quiet" : "amount"}>{yuan(cost.amount_fen)}</span>
        {isReversed ? (
          <small className="quiet">{c.reversed}</small>
        ) : cost.reverses_id ? (
          <small className="quiet">{c.reversal}</small>
        ) : (
          reverse && (
            <Button size="small" type="text" onClick={reverse}>
              {c.reverse}
            </Button>
          )
        )}
      </span>
    </li>
  );
}

export function Costs({ campaign, runs }: { campaign: Campaign; runs: boolean }) {
  const costs = useCosts(campaign.id);
  const [adding, setAdding] = useState(false);
  const [wrong, setWrong] = useState<Cost | null>(null);
  const rows = rowsOf(costs);
  const reversed = new Set(rows.map((one) => one.reverses_id));
  return (
    <Panel
      title={c.title}
      extra={
        runs && (
          <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setAdding(true)}>
            {c.add}
          </Button>
        )
      }
    >
      {costs.isPending ? (
        <Skeleton active title={false} />
      ) : costs.error && rows.length === 0 ? (
        <Failure error={costs.error} retry={() => void costs.refetch()} />
      ) : rows.length === 0 ? (
        <p className="quiet campaign-words">
          {t.say.next(c.empty, c.emptyHint)}
        </p>
      ) : (
        <>
          <ul className="plain campaign-items">
            {rows.map((cost) => (
              <Line key={cost.id} cost={cost} isReversed={reversed.has(cost.id)} reverse={runs ? () => setWrong(cost) : null} />
            ))}
          </ul>
          <More pages={costs} />
        </>
      )}
      {adding && <Enter campaign={campaign} close={() => setAdding(false)} />}
      {wrong && <Reverse campaign={campaign} cost={wrong} close={() => setWrong(null)} />}
    </Panel>
  );
}
