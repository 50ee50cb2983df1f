/** One difference: what it means, and which way out of it is taken, with a note for whoever looks later. */
import { App, Form, Input, Modal, Radio } from "antd";
import type { Difference } from "../../api/finance";
import { useResolveDifference } from "../../api/financeQueries";
import { yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

const said = (fen: number | null, word: string | null) => [fen === null ? t.common.none : yuan(fen), word].filter(Boolean).join(" · ");

export function ResolveDifference({ difference, close }: { difference: Difference; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ action: string; note: string }>();
  const resolve = useResolveDifference();
  return (
    <Modal
      open
      title={`${difference.concerns_label} · ${difference.label}`}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.overview.resolve}
      cancelText={t.common.cancel}
      confirmLoading={resolve.isPending}
      width={480}
    >
      <p className="quiet">{t.runs.kindHints[difference.kind]}</p>
      <div className="dialog-facts">
        <Facts
          items={[
            [t.runs.columns.reference, <code key="reference">{difference.reference}</code>],
            [t.runs.columns.ours, said(difference.ours_fen, difference.ours)],
            [t.runs.columns.theirs, said(difference.theirs_fen, difference.theirs)],
          ]}
        />
      </div>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(values) =>
          resolve.mutate(
            { id: difference.id, ...values },
            {
              onSuccess: () => {
                message.success(t.runs.resolved);
                close();
              },
              onError: (error) => message.error(failureText(error)),
            },
          )
        }
      >
        <Form.Item name="action" label={t.overview.resolveHow} rules={[{ required: true, message: t.overview.needHow }]}>
          <Radio.Group className="ways">
            {difference.actions.map(({ action, label }) => (
              <Radio key={action} value={action}>
                {label}
                <small className="quiet">{t.runs.actionHints[action]}</small>
              </Radio>
            ))}
          </Radio.Group>
        </Form.Item>
        <Form.Item name="note" label={t.overview.note} rules={[{ required: true, whitespace: true, message: t.overview.needNote }]}>
          <Input.TextArea rows={3} maxLength={500} placeholder={t.runs.notePlaceholder} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
