/** What is done about money that went wrong, with a note for whoever looks later. */
import { App, Form, Input, Modal, Radio } from "antd";
import { useResolve } from "../api/financeQueries";
import { t } from "../texts";
import { failureText } from "./Failure";

interface ResolveIncidentProps {
  id: string;
  title: string;
  detail: string;
  close: () => void;
}

export function ResolveIncident({ id, title, detail, close }: ResolveIncidentProps) {
  const { message } = App.useApp();
  const [form] = Form.useForm<{ action: "refund" | "by_hand"; note: string }>();
  const resolve = useResolve();
  return (
    <Modal
      open
      title={title}
      onCancel={close}
      onOk={() => form.submit()}
      okText={t.common.save}
      cancelText={t.common.cancel}
      confirmLoading={resolve.isPending}
      width={440}
    >
      <p className="quiet">{detail}</p>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        onFinish={(values) =>
          resolve.mutate(
            { id, ...values },
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
