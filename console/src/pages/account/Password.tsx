import { App, Button, Form, Input } from "antd";
import { usePassword } from "../../api/account";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const words = t.account.password;

export function Password() {
  const { message } = App.useApp();
  const change = usePassword();
  const [form] = Form.useForm<{ password: string; next: string; again: string }>();
  return (
    <Panel title={words.title}>
      <Form
        form={form}
        layout="vertical"
        requiredMark={false}
        disabled={change.isPending}
        onFinish={({ password, next }) =>
          change.mutate(
            { password, new: next },
            {
              onSuccess: () => {
                form.resetFields();
                void message.success(words.done);
              },
              onError: (error) => void message.error(failureText(error)),
            },
          )
        }
      >
        <Form.Item name="password" label={words.present} rules={[{ required: true, message: t.login.needPassword }]}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        <Form.Item name="next" label={words.next} extra={words.rule} rules={[{ required: true, min: 10, message: words.rule }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Form.Item
          name="again"
          label={words.again}
          dependencies={["next"]}
          rules={[
            ({ getFieldValue }) => ({
              validator: (_, value) => (value === getFieldValue("next") ? Promise.resolve() : Promise.reject(new Error(words.differ))),
            }),
          ]}
        >
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        <Button htmlType="submit" loading={change.isPending}>
          {words.submit}
        </Button>
      </Form>
    </Panel>
  );
}
