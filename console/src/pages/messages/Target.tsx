/** Whom a webhook calls, with the secret its calls are signed with, and what it is told. */
import { App, Button, Input, Space } from "antd";
import type { Preview, TemplateDraft, TemplatePage } from "../../api/templates";
import { t } from "../../texts";
import { Labelled } from "../journeys/editor/Field";

const w = t.messages.template.target;

export const WEBHOOK = "webhook";
const SHORTEST = 16;
const BYTES = 24;

type Aim = TemplateDraft["target"];

/** A new address needs a secret; the one that is kept has it. */
export function isAimed(target: Aim, template: TemplatePage | null): boolean {
  if (!target?.url.trim()) return false;
  return target.secret ? target.secret.length >= SHORTEST : target.url === template?.target?.url;
}

/** The check reads the address alone, and asks for the shape of both. */
export const toBeChecked = (target: Aim): Aim => (target?.url ? { url: target.url, secret: target.secret.padEnd(SHORTEST, "-") } : null);

const newSecret = () => Array.from(crypto.getRandomValues(new Uint8Array(BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export function Target({ value, template, onChange }: { value: Aim; template: TemplatePage | null; onChange: (target: Aim) => void }) {
  const { message } = App.useApp();
  const { url, secret } = value ?? { url: "", secret: "" };
  const kept = template?.target?.url;
  const isMoved = kept !== undefined && url !== kept;
  const generate = () => {
    const made = newSecret();
    onChange({ url, secret: made });
    // Nobody sees it again once it is saved.
    void navigator.clipboard?.writeText(made).then(() => message.success(t.trail.copied));
  };
  return (
    <>
      <Labelled label={w.url} hint={w.urlHint} required>
        {(id) => <Input id={id} type="url" value={url} maxLength={2000} placeholder="https://" onChange={(event) => onChange({ url: event.target.value.trim(), secret })} />}
      </Labelled>
      <Labelled label={w.secret} hint={isMoved && !secret ? w.secretAnew : w.secretHint} required={!kept || isMoved}>
        {(id) => (
          <Space.Compact block>
            <Input
              id={id}
              value={secret}
              maxLength={200}
              autoComplete="off"
              placeholder={kept && !isMoved ? w.secretKept : ""}
              onChange={(event) => onChange({ url, secret: event.target.value.trim() })}
              {...(secret && secret.length < SHORTEST ? { status: "error" as const } : {})}
            />
            <Button onClick={generate}>{w.generate}</Button>
          </Space.Compact>
        )}
      </Labelled>
    </>
  );
}

/** The body of a call, with what would stand in its fields. */
export function Told({ name, customer, preview }: { name: string | undefined; customer: string | null; preview: Preview | undefined }) {
  const fields = Object.fromEntries(preview?.fields.map((one) => [one.name, one.text ?? one.problem ?? ""]) ?? []);
  const body = { id: "…", key: name ?? "…", customer_id: customer ?? "…", at: "…", fields };
  return <pre className="told">{JSON.stringify(body, null, 2)}</pre>;
}
