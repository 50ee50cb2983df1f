/** Turning the second factor on shows a code to scan, asks for proof, and gives the recovery codes once. */
import { Alert, App, Button, Form, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useBeginSecond, useConfirmSecond, useEndSecond } from "../../api/account";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const words = t.account.second;

function Code() {
  return (
    <Form.Item name="code" label={words.code} extra={t.login.codeHint} rules={[{ required: true, whitespace: true, message: t.login.needCode }]}>
      <Input autoComplete="one-time-code" />
    </Form.Item>
  );
}

function TurnOn() {
  const begin = useBeginSecond();
  const confirm = useConfirmSecond();
  const [codes, setCodes] = useState<string[]>();
  const error = begin.error ?? confirm.error;
  return (
    <>
      <p className="quiet">{words.why}</p>
      {begin.data ? (
        <div className="account-code">
          <img src={begin.data.picture} alt={words.scan} />
          <Form<{ code: string }>
            layout="vertical"
            requiredMark={false}
            onFinish={({ code }) => confirm.mutate({ code }, { onSuccess: (told) => setCodes(told.codes) })}
          >
            <p>{words.scan}</p>
            <p>
              <code>{begin.data.secret}</code>
            </p>
            <Code />
            <Button type="primary" htmlType="submit" loading={confirm.isPending}>
              {words.confirm}
            </Button>
          </Form>
        </div>
      ) : (
        <Button type="primary" loading={begin.isPending} onClick={() => begin.mutate()}>
          {words.begin}
        </Button>
      )}
      {error && <Alert type="error" showIcon title={failureText(error)} />}
      {codes && <Codes codes={codes} />}
    </>
  );
}

function Codes({ codes }: { codes: string[] }) {
  const [isOpen, setOpen] = useState(true);
  return (
    <Modal open={isOpen} title={words.words} closable={false} mask={{ closable: false }} footer={<Button type="primary" onClick={() => setOpen(false)}>{words.saved}</Button>}>
      <p className="quiet">{words.wordsWhy}</p>
      <ul className="account-words">
        {codes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Modal>
  );
}

function TurnOff() {
  const { message } = App.useApp();
  const end = useEndSecond();
  return (
    <Form<{ password: string; code: string }>
      layout="vertical"
      requiredMark={false}
      onFinish={(values) => end.mutate(values, { onSuccess: () => void message.success(words.ended), onError: (error) => void message.error(failureText(error)) })}
    >
      <p className="quiet">{words.endWhy}</p>
      <Form.Item name="password" label={t.account.password.present} rules={[{ required: true, message: t.login.needPassword }]}>
        <Input.Password autoComplete="current-password" />
      </Form.Item>
      <Code />
      <Button danger htmlType="submit" loading={end.isPending}>
        {words.end}
      </Button>
    </Form>
  );
}

export function SecondFactor({ isOn }: { isOn: boolean }) {
  // Kept while the recovery codes are on the screen, though by then it is on.
  const [wasOff] = useState(!isOn);
  return (
    <Panel title={words.title} extra={<Tag color={isOn ? "success" : "default"}>{isOn ? words.on : words.off}</Tag>}>
      {isOn && !wasOff ? <TurnOff /> : <TurnOn />}
    </Panel>
  );
}
