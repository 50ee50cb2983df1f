/** Before something happens to a car and to money: what exactly, and why it is done. */
import { App, Button, Form, Input, Modal } from "antd";
import { useOrderAction } from "../../api/queries";
import type { Order, OrderAction } from "../../api/types";
import { fenOf, yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";
import { effectsOf } from "./effects";

/** WeChat shows the reason of a refund to the payer, in at most 80 bytes. */
const REFUND_REASON_BYTES = 80;
const DANGEROUS: ReadonlySet<OrderAction> = new Set(["decline", "sold-offline"]);

interface Said {
  reason?: string;
  amount?: string;
}

function Amount({ order }: { order: Order }) {
  return (
    <Form.Item
      name="amount"
      label={t.orders.deal.amount}
      extra={t.orders.deal.amountHint(yuan(order.refundable_fen))}
      rules={[
        { required: true, message: t.orders.deal.needAmount },
        {
          validator: (_, typed: string) => {
            const fen = typed ? fenOf(typed) : 1;
            if (fen === null || fen === 0) return Promise.reject(new Error(t.orders.deal.badAmount));
            return fen > order.refundable_fen ? Promise.reject(new Error(t.orders.deal.tooMuch)) : Promise.resolve();
          },
        },
      ]}
    >
      <Input prefix="¥" inputMode="decimal" autoComplete="off" />
    </Form.Item>
  );
}

function Reason({ action }: { action: "decline" | "sold-offline" | "refund" }) {
  const form = Form.useFormInstance<Said>();
  const words = t.orders.deal.reasons[action];
  return (
    <>
      <Form.Item
        name="reason"
        label={t.orders.deal.reason}
        extra={t.orders.deal.reasonHint}
        rules={[
          { required: true, whitespace: true, message: t.orders.deal.needReason },
          {
            validator: (_, typed = "") =>
              action === "refund" && new TextEncoder().encode(typed).length > REFUND_REASON_BYTES
                ? Promise.reject(new Error(t.orders.deal.reasonTooLong))
                : Promise.resolve(),
          },
        ]}
      >
        <Input.TextArea rows={2} maxLength={200} />
      </Form.Item>
      <div className="chips deal-reasons">
        {words.map((word) => (
          <Button key={word} size="small" onClick={() => form.setFieldValue("reason", word)}>
            {word}
          </Button>
        ))}
      </div>
    </>
  );
}

export function ActionDialog({ order, action, close }: { order: Order; action: OrderAction; close: () => void }) {
  const { message } = App.useApp();
  const [form] = Form.useForm<Said>();
  const act = useOrderAction(order.id);
  const words = t.orders.deal.actions[action];
  const says = action === "decline" || action === "sold-offline" || action === "refund";
  const run = ({ reason, amount }: Said) =>
    act.mutate(
      { action, reason: reason?.trim(), amount_fen: amount === undefined ? undefined : (fenOf(amount) ?? undefined) },
      {
        onSuccess: () => {
          message.success(words.done);
          close();
        },
        onError: (error) => message.error(failureText(error)),
      },
    );
  return (
    <Modal
      open
      title={words.title}
      onCancel={close}
      onOk={() => form.submit()}
      okText={words.label}
      okButtonProps={{ danger: DANGEROUS.has(action) }}
      cancelText={t.common.cancel}
      confirmLoading={act.isPending}
      width={460}
    >
      <div className="dialog-facts deal-effects">
        <Facts items={effectsOf(action, order)} />
      </div>
      <Form form={form} layout="vertical" requiredMark={false} onFinish={run}>
        {action === "refund" && <Amount order={order} />}
        {says && <Reason action={action} />}
      </Form>
    </Modal>
  );
}
