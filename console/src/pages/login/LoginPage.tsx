/** Signing in; on the left the one picture the console allows itself. */
import { LockOutlined, SafetyOutlined, UserOutlined, WechatWorkOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useLogin, useMe } from "../../api/queries";
import { failureText } from "../../parts/Failure";
import { LanguageLinks } from "../../parts/LanguageLinks";
import { Mark } from "../../parts/Mark";
import { t } from "../../texts";
import "./login.css";

/** Only a path of this console is a way back: never another site. */
function wayBack(back: string | null): string {
  return back && /^\/(?![/\\])/.test(back) ? back : "/";
}

function Contour() {
  return (
    <svg className="login-contour" viewBox="0 0 640 220" aria-hidden="true">
      <path d="M28 160c-10-30 34-44 116-50 62-6 92-52 186-58 82-4 126 26 172 56 66 6 104 16 114 34 4 8 2 14-2 18h-70M472 160H182M110 160H28" />
      <path d="M176 108c46-8 74-38 132-44l8 42zM328 63c66-2 104 16 142 44l-134 1z" opacity="0.45" />
      <path d="M144 110c120-6 250-6 358-2" opacity="0.45" />
      <circle cx="146" cy="160" r="36" />
      <circle cx="508" cy="160" r="36" />
      <circle cx="146" cy="160" r="22" opacity="0.45" />
      <circle cx="508" cy="160" r="22" opacity="0.45" />
      <path d="M0 197h640" opacity="0.35" />
    </svg>
  );
}

function LoginPage() {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const me = useMe();
  const login = useLogin();
  const back = wayBack(parameters.get("back"));
  const refused = parameters.get("wecom");
  const asksForCode = login.error?.code === "dealers.code_needed";
  // Once it was asked for it stays: a wrong code is another try and not another login.
  const [needsCode, setNeedsCode] = useState(false);
  useEffect(() => {
    if (asksForCode) setNeedsCode(true);
  }, [asksForCode]);
  useEffect(() => {
    document.title = `${t.login.title} · ${t.product}`;
  }, []);
  if (me.data && !login.isPending) return <Navigate to={back} replace />;
  return (
    <div className="login">
      <div className="login-picture">
        <div className="login-mark">
          <Mark />
          <span>MARQUE</span>
        </div>
        <Contour />
        <div>
          <p className="login-headline">{t.login.headline}</p>
          <p className="login-subline">{t.login.subline}</p>
        </div>
      </div>
      <main className="login-side">
        <Form<{ username: string; password: string; code?: string }>
          className="login-form"
          layout="vertical"
          requiredMark={false}
          size="large"
          disabled={login.isPending}
          onFinish={(values) => login.mutate(values, { onSuccess: () => void navigate(back, { replace: true }) })}
        >
          <h1>{t.login.title}</h1>
          <p className="quiet">{t.login.hint}</p>
          {login.error && !asksForCode ? (
            <Alert type="error" showIcon title={failureText(login.error)} />
          ) : refused ? (
            <Alert type="error" showIcon title={t.login.wecomRefused[refused] ?? t.errors.unexpected} />
          ) : (
            parameters.get("expired") && <Alert type="info" showIcon title={t.login.expired} />
          )}
          <Form.Item name="username" label={t.login.username} rules={[{ required: true, whitespace: true, message: t.login.needUsername }]}>
            <Input prefix={<UserOutlined className="quiet" />} autoComplete="username" autoCapitalize="none" />
          </Form.Item>
          <Form.Item name="password" label={t.login.password} rules={[{ required: true, message: t.login.needPassword }]}>
            <Input.Password prefix={<LockOutlined className="quiet" />} autoComplete="current-password" />
          </Form.Item>
          {needsCode && (
            <Form.Item name="code" label={t.login.code} extra={t.login.codeHint} rules={[{ required: true, whitespace: true, message: t.login.needCode }]}>
              <Input prefix={<SafetyOutlined className="quiet" />} autoComplete="one-time-code" autoFocus />
            </Form.Item>
          )}
          <Button type="primary" htmlType="submit" block loading={login.isPending}>
            {t.login.submit}
          </Button>
          <Button className="login-wecom" block icon={<WechatWorkOutlined />} href={`/api/public/staff/wecom?${new URLSearchParams({ back: `/console${back}` })}`}>
            {t.login.wecom}
          </Button>
          <LanguageLinks />
        </Form>
      </main>
    </div>
  );
}

export { LoginPage as Component };
