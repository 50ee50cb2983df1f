/** One template: what it says beside how it looks on her phone; what is wrong with it is told where it is typed. */
import { PlusOutlined } from "@ant-design/icons";
import { Alert, App, Button, Input, Modal, Segmented, Select, Skeleton } from "antd";
import { useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { ApiError } from "../../api/client";
import {
  useDraftPreview,
  usePlatform,
  useProblems,
  useSaveTemplate,
  useTemplate,
  useTemplateStep,
  useTemplateVersions,
  useWayTo,
  useWriting,
  type AccountSync,
  type PlatformTemplate,
  type Problem,
  type TemplateDraft,
  type TemplatePage as Template,
  type WritableChannel,
  type Writing,
} from "../../api/templates";
import { MARKETING, useStaff } from "../../app/session";
import { useRested } from "../../lib/rest";
import { absolute } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { PersonPick } from "../../parts/PersonPick";
import { t } from "../../texts";
import { Labelled } from "../journeys/editor/Field";
import "../journeys/editor/editor.css";
import { PhoneMessage } from "./Phone";
import { SaidField } from "./Said";
import { isAimed, Target, toBeChecked, Told, WEBHOOK } from "./Target";
import { TemplateState } from "./TemplatesPage";
import { fieldsOf, kindOf } from "./typed";
import "./messages.css";

const w = t.messages.template;
const BACK = { to: "/messages/templates", label: t.messages.templates };
const KEY = /^[a-z0-9_-]{1,64}$/;

interface Platform {
  items: PlatformTemplate[];
  accounts: AccountSync[];
}

/** By which of each account's templates it is sent. */
function Accounts({ channel, value, platform, onChange }: { channel: WritableChannel; value: Record<string, string>; platform: Platform; onChange: (ids: Record<string, string>) => void }) {
  const accounts = platform.accounts.filter((one) => one.kind === channel.account_kind);
  if (accounts.length === 0) return <p className="quiet">{w.noAccounts}</p>;
  return accounts.map((account) => (
    <Labelled key={account.appid} label={w.templateAt(account.name)} required>
      {(id) => (
        <Select
          id={id}
          placeholder={w.pickPlatform}
          value={value[account.appid] ?? null}
          onChange={(chosen: string | undefined) => {
            const { [account.appid]: _before, ...others } = value;
            onChange(chosen ? { ...others, [account.appid]: chosen } : others);
          }}
          options={platform.items
            .filter((one) => one.appid === account.appid && (!one.gone_at || one.template_id === value[account.appid]))
            .map((one) => ({ value: one.template_id, label: one.title }))}
          allowClear
        />
      )}
    </Labelled>
  ));
}

function Versions({ id }: { id: string }) {
  const found = useTemplateVersions(id);
  return (
    <Panel title={w.versions}>
      {found.data?.items.length === 0 && <span className="quiet">{w.noVersions}</span>}
      <ul className="plain">
        {found.data?.items.map((one) => (
          <li key={one.version} className="card-row">
            <span>{w.version(one.version)}</span>
            <small className="quiet">
              {one.changed_by ?? w.bySystem} · {absolute(one.changed_at)}
            </small>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** An administrator answers for the marketing words; it is written down who did and why. */
function Override({ template, problems }: { template: Template; problems: Problem[] }) {
  const { message } = App.useApp();
  const { role } = useStaff();
  const [isAsked, setAsked] = useState(false);
  const [reason, setReason] = useState("");
  const step = useTemplateStep(template.id);
  const hasWords = problems.some((one) => one.code === "marketing_words");
  if (!hasWords && !template.override) return null;
  const save = () =>
    step.mutate(
      { step: "override", version: template.version, reason: reason.trim() },
      {
        onSuccess: () => {
          void message.success(w.overridden);
          setAsked(false);
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  return (
    <>
      {template.override && (
        <Alert
          type="info"
          showIcon
          title={w.overrideBy(template.override.staff_name, t.say.list(template.override.words))}
          description={`${template.override.reason} · ${absolute(template.override.at)}`}
        />
      )}
      {hasWords && (
        <Alert
          type="warning"
          showIcon
          title={w.lint}
          description={role === "admin" ? w.lintHint : w.lintAsk}
          action={role === "admin" && <Button onClick={() => setAsked(true)}>{w.override}</Button>}
        />
      )}
      <Modal open={isAsked} title={w.overrideTitle} okText={w.override} okButtonProps={{ disabled: reason.trim().length < 5 }} confirmLoading={step.isPending} onOk={save} onCancel={() => setAsked(false)} width={460}>
        <p className="quiet">{w.overrideHint}</p>
        <Input.TextArea aria-label={w.overrideReason} placeholder={w.overrideReason} rows={3} maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
      </Modal>
    </>
  );
}

interface LooksProps {
  template: Template | null;
  draft: TemplateDraft;
  title: string;
  channel: WritableChannel;
  labels: Map<string, string>;
}

function Looks({ template, draft, title, channel, labels }: LooksProps) {
  const [person, setPerson] = useState<string | null>(null);
  const { fields, page, purpose } = useRested(draft);
  const preview = useDraftPreview({ channel: channel.kind, fields, page, purpose, customer_id: person });
  const way = useWayTo(template?.id ?? null, person).data?.ways[0];
  return (
    <Panel title={channel.kind === WEBHOOK ? w.target.told : w.preview}>
      <div className="looks">
        <PersonPick label={w.previewPerson} value={person} onChange={setPerson} />
        {channel.kind === WEBHOOK ? (
          <Told name={template?.key} customer={person} preview={preview.data} />
        ) : (
          <PhoneMessage channel={channel} title={title} labels={labels} preview={preview.data} hasPage={Boolean(page)} />
        )}
        {preview.error && <small className="bad">{failureText(preview.error)}</small>}
        {!person && <small className="quiet">{w.previewHint}</small>}
        {person && way && <small className={way.is_open ? "good" : "bad"}>{way.is_open ? w.wayOpen(way.account) : (way.reason ?? "")}</small>}
      </div>
    </Panel>
  );
}

interface EditorProps {
  template: Template | null;
  initial: TemplateDraft;
  writing: Writing;
  platform: Platform;
}

function Editor({ template, initial, writing, platform }: EditorProps) {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const may = MARKETING.includes(useStaff().role);
  const [draft, setDraft] = useState(initial);
  const [key, setKey] = useState("");
  const [added, setAdded] = useState("");
  const set = (changed: Partial<TemplateDraft>) => setDraft((before) => ({ ...before, ...changed }));
  const save = useSaveTemplate(template?.id ?? null);
  const step = useTemplateStep(template?.id ?? "");
  const channel = writing.channels.find((one) => one.kind === draft.channel) ?? writing.channels[0];
  const rested = useRested(draft);
  const isChanged = JSON.stringify(draft) !== JSON.stringify(initial);
  // Nobody is told what is missing before the first stroke.
  const checked = useProblems(
    may && (template || isChanged)
      ? { channel: rested.channel, fields: rested.fields, page: rested.page, purpose: rested.purpose, template_ids: rested.template_ids, target: toBeChecked(rested.target) }
      : null,
  );
  if (!channel) return null;
  const isCalled = channel.kind === WEBHOOK;
  const labels = fieldsOf(channel, draft, platform.items, w.parts);
  // What somebody has answered for is no problem any more.
  const forgiven = template?.override?.words ?? [];
  const problems = (checked.data?.items ?? template?.problems ?? []).filter((one) => one.code !== "marketing_words" || !forgiven.some((word) => one.message.includes(word)));
  // Over a notice WeChat writes its own title.
  const atWechat = platform.items.find((one) => draft.template_ids[one.appid] === one.template_id);
  const shownTitle = (channel.parts === null && atWechat?.title) || draft.title;
  const elsewhere = problems.filter((one) => !labels.has(one.field));
  const isFit = !problems.some((one) => !one.is_warning);
  const failed = (error: ApiError) => void message.error(failureText(error));
  const keep = () => {
    const { channel: kind, target, ...unaimed } = draft;
    // An address without its secret is the one that is kept.
    const content = target?.secret ? { ...unaimed, target } : unaimed;
    const fields = Object.fromEntries([...labels.keys()].map((name) => [name, draft.fields[name] ?? ""]));
    const body = template ? { ...content, fields, version: template.version } : { ...content, fields, channel: kind, key };
    save.mutate(body, {
      onSuccess: (kept) => {
        void message.success(w.saved);
        if (!template) void navigate(`/messages/templates/${kept.id}`, { replace: true });
      },
      onError: failed,
    });
  };
  const take = (one: "activate" | "archive", done: string) =>
    template && step.mutateAsync({ step: one, version: template.version }).then(() => void message.success(done), failed);
  const archive = () =>
    void modal.confirm({ title: w.archiveTitle(draft.title), content: w.archiveHint, okText: w.archive, okButtonProps: { danger: true }, onOk: () => take("archive", w.archived) });
  return (
    <Page
      title={template ? template.title || template.key : w.newTitle}
      back={BACK}
      subtitle={
        template && (
          <span className="title-line">
            <TemplateState state={template.state} />
            <span>{template.channel_label}</span>
            <code>{template.key}</code>
          </span>
        )
      }
      extra={
        may && (
          <>
            {template && template.state === "active" && (
              <Button danger onClick={archive}>
                {w.archive}
              </Button>
            )}
            {template && template.state !== "active" && (
              <Button disabled={!isFit || isChanged} title={isChanged ? w.saveFirst : undefined} loading={step.isPending} onClick={() => void take("activate", w.activated)}>
                {w.activate}
              </Button>
            )}
            <Button
              type="primary"
              disabled={!draft.title.trim() || (template ? !isChanged : !KEY.test(key)) || (isCalled && !isAimed(draft.target, template))}
              loading={save.isPending}
              onClick={keep}
            >
              {t.common.save}
            </Button>
          </>
        )
      }
    >
      <div className="columns">
        <div className="stack">
          {template && <Override template={template} problems={problems} />}
          <Panel>
            <div className="broadcast-form">
              <div className="broadcast-pair">
                <Labelled label={w.title} required>
                  {(id) => <Input id={id} value={draft.title} maxLength={60} onChange={(event) => set({ title: event.target.value })} />}
                </Labelled>
                {!template && (
                  <Labelled label={w.key} hint={w.keyHint} required>
                    {(id) => <Input id={id} value={key} maxLength={64} autoComplete="off" onChange={(event) => setKey(event.target.value)} {...(key && !KEY.test(key) ? { status: "error" as const } : {})} />}
                  </Labelled>
                )}
              </div>
              {!template && (
                <Labelled label={w.columns.channel} required>
                  {(id) => (
                    <Select
                      id={id}
                      value={draft.channel}
                      onChange={(kind: string) => set({ channel: kind, fields: {}, template_ids: {}, target: null, page: null })}
                      options={writing.channels.map((one) => ({ value: one.kind, label: one.label }))}
                    />
                  )}
                </Labelled>
              )}
              <Labelled label={w.columns.purpose} hint={t.messages.broadcast.purposeHint[draft.purpose] ?? null}>
                {() => (
                  <Segmented
                    className="fit"
                    aria-label={w.columns.purpose}
                    value={draft.purpose}
                    onChange={(purpose) => set({ purpose })}
                    options={(["marketing", "transactional"] as const).map((value) => ({ value, label: t.messages.purposes[value] }))}
                  />
                )}
              </Labelled>
              {isCalled && <Target value={draft.target} template={template} onChange={(target) => set({ target })} />}
              {channel.parts === null && <Accounts channel={channel} value={draft.template_ids} platform={platform} onChange={(template_ids) => set({ template_ids })} />}
              {[...labels].map(([name, label]) => (
                <SaidField
                  key={name}
                  label={label}
                  rule={writing.types.find((one) => one.name === kindOf(name))?.rule}
                  value={draft.fields[name] ?? ""}
                  onChange={(said) => set({ fields: { ...draft.fields, [name]: said } })}
                  facts={writing.facts}
                  problems={problems.filter((one) => one.field === name)}
                  long={name === "content"}
                />
              ))}
              {channel.parts?.length === 0 && (
                <div className="said">
                  <Input value={added} maxLength={64} placeholder={w.fieldName} aria-label={w.fieldName} onChange={(event) => setAdded(event.target.value)} />
                  <Button
                    icon={<PlusOutlined />}
                    disabled={!/^\w{1,64}$/.test(added)}
                    onClick={() => {
                      set({ fields: { ...draft.fields, [added]: "" } });
                      setAdded("");
                    }}
                  >
                    {w.addField}
                  </Button>
                </div>
              )}
              {!isCalled && (
                <Labelled label={w.page} hint={w.pageHint}>
                  {(id) => <Input id={id} value={draft.page ?? ""} maxLength={1000} placeholder="pages/vehicle/index?id={{ vehicle_id }}" onChange={(event) => set({ page: event.target.value || null })} />}
                </Labelled>
              )}
              {elsewhere.map((one) => (
                <small key={`${one.field}.${one.code}`} className={one.is_warning ? "said-warning" : "bad"}>
                  {one.message}
                </small>
              ))}
            </div>
          </Panel>
        </div>
        <div className="stack">
          <Looks template={template} draft={draft} title={shownTitle} channel={channel} labels={labels} />
          {template && <Versions key={template.version} id={template.id} />}
        </div>
      </div>
    </Page>
  );
}

function TemplatePage() {
  const { id } = useParams();
  return id ? <Existing id={id} /> : <Loaded template={null} />;
}

function Existing({ id }: { id: string }) {
  const found = useTemplate(id);
  return found.data ? <Loaded template={found.data} /> : <Waiting error={found.error} retry={() => void found.refetch()} />;
}

function Loaded({ template }: { template: Template | null }) {
  const [asked] = useSearchParams();
  const writing = useWriting();
  const platform = usePlatform();
  if (!writing.data || !platform.data) return <Waiting error={writing.error ?? platform.error} retry={() => void Promise.all([writing.refetch(), platform.refetch()])} />;
  const appid = asked.get("appid");
  const made: TemplateDraft = template
    ? { channel: template.channel, title: template.title, purpose: template.purpose, fields: template.fields, page: template.page, template_ids: template.template_ids, target: template.target && { url: template.target.url, secret: "" } }
    : {
        channel: asked.get("channel") || "inbox",
        title: platform.data.items.find((one) => one.appid === appid && one.template_id === asked.get("template_id"))?.title ?? "",
        purpose: "transactional",
        fields: {},
        page: null,
        template_ids: appid ? { [appid]: asked.get("template_id") ?? "" } : {},
        target: null,
      };
  return <Editor key={template ? `${template.id}.${template.version}` : "new"} template={template} initial={made} writing={writing.data} platform={platform.data} />;
}

function Waiting({ error, retry }: { error: ApiError | null; retry: () => void }) {
  return (
    <Page title={t.messages.templates} back={BACK}>
      <Panel>{error ? <Failure error={error} retry={retry} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
    </Page>
  );
}

export { TemplatePage as Component };
