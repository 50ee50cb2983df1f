/** Every day of every merchant account, compared with WeChat's bills. */
import { ReloadOutlined } from "@ant-design/icons";
import { App, Button, Form, Input, Modal, Segmented, type TableColumnsType } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import type { Run } from "../../api/finance";
import { useRunAgain, useRuns } from "../../api/financeQueries";
import { useStaff } from "../../app/session";
import { dayBefore, dayWithWeekday } from "../../lib/time";
import { failureText } from "../../parts/Failure";
import { MerchantLines } from "../../parts/MerchantLines";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { ResourceList } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { mayDealWithMoney } from "./roles";
import { Found, NetSums, RunState } from "./runs";

const linkTo = (row: Run) => `/finance/runs/${row.id}`;

const columns: TableColumnsType<Run> = [
  {
    title: t.runs.columns.day,
    render: (_, row) => (
      <Link to={linkTo(row)} className="order-number">
        {dayWithWeekday(row.bill_on)}
      </Link>
    ),
  },
  { title: t.runs.columns.merchant, render: (_, row) => <MerchantLines merchant={row.merchant} /> },
  { title: t.runs.columns.status, width: 150, render: (_, row) => <RunState run={row} /> },
  { title: t.runs.columns.ours, align: "right", render: (_, row) => <NetSums sums={row.ours} /> },
  { title: t.runs.columns.theirs, align: "right", render: (_, row) => <NetSums sums={row.theirs} /> },
  { title: t.runs.columns.differences, width: 140, render: (_, row) => <Found run={row} /> },
  { title: t.runs.columns.finished, width: 130, render: (_, row) => <Moment at={row.finished_at} /> },
];

function card(row: Run) {
  return (
    <>
      <div className="card-row">
        <strong>{dayWithWeekday(row.bill_on)}</strong>
        <RunState run={row} />
      </div>
      <div className="card-row">
        <MerchantLines merchant={row.merchant} />
        <Found run={row} />
      </div>
      {row.ours && row.theirs && (
        <div className="card-row card-foot">
          <span>
            {t.runs.columns.ours} <NetSums sums={row.ours} short />
          </span>
          <span>
            {t.runs.columns.theirs} <NetSums sums={row.theirs} short />
          </span>
        </div>
      )}
    </>
  );
}

function RunDialog({ close }: { close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ bill_on: string }>();
  const run = useRunAgain();
  const yesterday = dayBefore();
  return (
    <Modal
      open
      title={t.runs.runTitle}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.runs.runStart}
      cancelText={t.common.cancel}
      confirmLoading={run.isPending}
      width={420}
    >
      <p className="quiet">{t.runs.runHint}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ bill_on: yesterday }}
        onFinish={(values) =>
          run.mutate(values, {
            onSuccess: () => {
              message.success(t.runs.started);
              close();
            },
            onError: (error) => message.error(failureText(error)),
          })
        }
      >
        <Form.Item name="bill_on" label={t.runs.columns.day} rules={[{ required: true, message: t.runs.needDay }]}>
          <Input type="date" max={yesterday} />
        </Form.Item>
      </Form>
    </Modal>
  );
}

function RunsPage() {
  const staff = useStaff();
  const [status, setStatus] = useFilter("status");
  const [running, setRunning] = useState(false);
  const runs = useRuns(status);
  const start = mayDealWithMoney(staff) && (
    <Button icon={<ReloadOutlined />} onClick={() => setRunning(true)}>
      {t.runs.run}
    </Button>
  );
  return (
    <>
      <div className="filters">
        <Segmented
          value={status ?? "all"}
          onChange={(value) => setStatus(value === "all" ? null : value)}
          options={Object.entries(t.runs.filters).map(([value, label]) => ({ value, label }))}
        />
        <Views />
        <span className="filters-end">{start}</span>
      </div>
      <ResourceList
        pages={runs}
        columns={columns}
        card={card}
        linkTo={linkTo}
        empty={status ? <Nothing title={t.runs.emptyFiltered} hint={t.finance.filteredHint} /> : <Nothing title={t.runs.empty} hint={t.runs.emptyHint} />}
      />
      {running && <RunDialog close={() => setRunning(false)} />}
    </>
  );
}

export { RunsPage as Component };
