/** A refund that her bank did not take is led elsewhere: to another card of hers, or to the merchant, who then pays her by hand. */
import { App, Form, Input, Modal, Radio, Select } from "antd";
import type { RefundRow, Target } from "../../api/finance";
import { useRedirect } from "../../api/financeQueries";
import { yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

function Card() {
  return (
    <>
      <Form.Item name="bank_type" label={t.refunds.bank} rules={[{ required: true, message: t.refunds.needBank }]}>
        <Select
          showSearch={{ optionFilterProp: "label" }}
          options={Object.entries(t.refunds.banks).map(([value, label]) => ({ value, label }))}
        />
      </Form.Item>
      <Form.Item
        name="bank_account"
        label={t.refunds.card}
        normalize={(typed: string) => typed.replaceAll(" ", "")}
        rules={[{ required: true, pattern: /^\d{8,32}$/, message: t.refunds.needCard }]}
      >
        <Input inputMode="numeric" autoComplete="off" />
      </Form.Item>
      <Form.Item name="real_name" label={t.refunds.owner} rules={[{ required: true, whitespace: true, message: t.refunds.needOwner }]}>
        <Input autoComplete="off" maxLength={64} />
      </Form.Item>
    </>
  );
}

export function Redirect({ refund, close }: { refund: Pick<RefundRow, "id" | "out_refund_no" | "amount_fen">; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<Target>();
  const to = Form.useWatch("to", form);
  const redirect = useRedirect(refund.id);
  return (
    <Modal
      open
      title={t.refunds.redirectTitle}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.refunds.redirect}
      cancelText={t.common.cancel}
      confirmLoading={redirect.isPending}
      width={460}
    >
      <p className="quiet">{t.refunds.stuckHint}</p>
      <div className="dialog-facts">
        <Facts
          items={[
            [t.refunds.columns.number, <code key="number">{refund.out_refund_no}</code>],
            [t.refunds.columns.amount, yuan(refund.amount_fen)],
          ]}
        />
      </div>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ to: "customer_card" }}
        onFinish={(target) =>
          redirect.mutate(target, {
            onSuccess: () => {
              message.success(t.refunds.redirected);
              close();
            },
            onError: (error) => message.error(failureText(error)),
          })
        }
      >
        <Form.Item name="to" label={t.refunds.to}>
          <Radio.Group className="ways">
            {(["customer_card", "merchant_account"] as const).map((target) => (
              <Radio key={target} value={target}>
                {t.refunds.targets[target].label}
                <small className="quiet">{t.refunds.targets[target].hint}</small>
              </Radio>
            ))}
          </Radio.Group>
        </Form.Item>
        {to === "customer_card" && <Card />}
      </Form>
    </Modal>
  );
}
