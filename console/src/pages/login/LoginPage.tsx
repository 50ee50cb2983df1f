/** Signing in; on the left the one picture the console allows itself. */
import { LockOutlined, UserOutlined } from "@ant-design/icons";
import { Alert, Button, Form, Input } from "antd";
import { useEffect } from "react";
import { Navigate, useNavigate, useSearchParams } from "react-router";
import { useLogin, useMe } from "../../api/queries";
import { failureText } from "../../parts/Failure";
import { Mark } from "../../parts/Mark";
import { t } from "../../texts/zh-CN";
import "./login.css";

/** Only a path of this console is a way back: never another site. */
function wayBack(back: string | null): string {
  return back && /^\/(?![/\\])/.test(back) ? back : "/";
}

function Contour() {
  return (
    <svg className="login-contour" viewBox="0 0 640 220" aria-hidden="true">
      <path d="M14 168c-4-34 20-52 66-58 58-8 84-52 152-62 92-14 150 12 204 54 70 6 148 12 176 36 14 12 12 26 4 32h-44M516 170H188M112 170H30" />
      <path d="M150 108c44-34 66-44 96-48l14 44zM276 58c62-4 98 12 140 46l-128 2z" opacity="0.5" />
      <circle cx="150" cy="170" r="36" />
      <circle cx="544" cy="170" r="36" />
      <path d="M0 207h640" opacity="0.35" />
    </svg>
  );
}

function LoginPage() {
  const [parameters] = useSearchParams();
  const navigate = useNavigate();
  const me = useMe();
  const login = useLogin();
  const back = wayBack(parameters.get("back"));
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
        <Form<{ username: string; password: string }>
          className="login-form"
          layout="vertical"
          requiredMark={false}
          size="large"
          disabled={login.isPending}
          onFinish={(values) => login.mutate(values, { onSuccess: () => void navigate(back, { replace: true }) })}
        >
          <h1>{t.login.title}</h1>
          <p className="quiet">{t.login.hint}</p>
          {login.error ? (
            <Alert type="error" showIcon title={failureText(login.error)} />
          ) : (
            parameters.get("expired") && <Alert type="info" showIcon title={t.login.expired} />
          )}
          <Form.Item name="username" label={t.login.username} rules={[{ required: true, whitespace: true, message: t.login.needUsername }]}>
            <Input prefix={<UserOutlined className="quiet" />} autoComplete="username" autoCapitalize="none" />
          </Form.Item>
          <Form.Item name="password" label={t.login.password} rules={[{ required: true, message: t.login.needPassword }]}>
            <Input.Password prefix={<LockOutlined className="quiet" />} autoComplete="current-password" />
          </Form.Item>
          <Button type="primary" htmlType="submit" block loading={login.isPending}>
            {t.login.submit}
          </Button>
        </Form>
      </main>
    </div>
  );
}

export { LoginPage as Component };
