/** A refund that her bank did not take: WeChat is asked to bring it to her all the same, or to give it back to the merchant. */
import { App, Modal } from "antd";
import type { RefundRow } from "../../api/finance";
import { useAbnormalRefund } from "../../api/financeQueries";
import { yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts/zh-CN";

export function Abnormal({ refund, close }: { refund: Pick<RefundRow, "id" | "out_refund_no" | "amount_fen">; close: () => void }) {
  const { message } = App.useApp();
  const apply = useAbnormalRefund(refund.id);
  return (
    <Modal
      open
      title={t.refunds.abnormalTitle}
      onCancel={close}
      okText={t.refunds.abnormalApply}
      cancelText={t.common.cancel}
      confirmLoading={apply.isPending}
      width={460}
      onOk={() =>
        apply.mutate(undefined, {
          onSuccess: () => {
            message.success(t.refunds.abnormalDone);
            close();
          },
          onError: (error) => message.error(failureText(error)),
        })
      }
    >
      <p className="quiet">{t.refunds.abnormalHint}</p>
      <div className="dialog-facts">
        <Facts
          items={[
            [t.refunds.columns.number, <code key="number">{refund.out_refund_no}</code>],
            [t.refunds.columns.amount, yuan(refund.amount_fen)],
          ]}
        />
      </div>
    </Modal>
  );
}
