/** All templates of the brand, and those that its accounts have at WeChat, read again on demand. */
import { PlusOutlined, SyncOutlined } from "@ant-design/icons";
import { App, Button, Segmented, Select, Skeleton, type TableColumnsType } from "antd";
import { Link } from "react-router";
import { usePlatform, useSyncTemplates, useTemplates, useWriting, type AccountSync, type PlatformTemplate, type Template } from "../../api/templates";
import { MARKETING, useStaff } from "../../app/session";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { ResourceList } from "../../parts/ResourceList";
import { Searching, useFilter } from "../../parts/Searching";
import { Status, type Tone } from "../../parts/Status";
import { Views } from "../../parts/Views";
import { t } from "../../texts";

const w = t.messages.template;
const TONES: Record<Template["state"], Tone> = { draft: "idle", active: "good", archived: "idle" };
const linkTo = (row: Template) => `/messages/templates/${row.id}`;

export const TemplateState = ({ state }: { state: Template["state"] }) => <Status value={state} texts={w.states} tone={TONES[state]} />;

function Name({ row }: { row: Template }) {
  return (
    <span className="two-lines wide">
      <span className="message-name">{row.title || row.key}</span>
      <small>{row.key}</small>
    </span>
  );
}

const columns: TableColumnsType<Template> = [
  {
    title: w.columns.title,
    render: (_, row) => (
      <Link to={linkTo(row)}>
        <Name row={row} />
      </Link>
    ),
  },
  { title: w.columns.channel, width: 160, dataIndex: "channel_label" },
  { title: w.columns.purpose, width: 110, render: (_, row) => t.messages.purposes[row.purpose] },
  { title: w.columns.state, width: 110, render: (_, row) => <TemplateState state={row.state} /> },
  { title: w.columns.updated, width: 140, render: (_, row) => <Moment at={row.updated_at} /> },
];

function card(row: Template) {
  return (
    <>
      <div className="card-row">
        <Name row={row} />
        <TemplateState state={row.state} />
      </div>
      <div className="card-row card-foot">
        <span>{row.channel_label}</span>
        <Moment at={row.updated_at} />
      </div>
    </>
  );
}

function Account({ account }: { account: AccountSync }) {
  return (
    <li className="sync-account">
      <span>{account.name}</span>
      {account.is_asked ? (
        <span className="quiet">
          <SyncOutlined spin /> {w.reading}
        </span>
      ) : (
        <small className={account.error_text ? "bad" : "quiet"}>
          {account.error_text ?? (account.read_at ? w.read : w.neverRead)} {(account.tried_at ?? account.read_at) && <Moment at={account.tried_at ?? account.read_at} />}
        </small>
      )}
    </li>
  );
}

/** One of WeChat's: which of ours stands on it, or a way to make one. */
function AtWechat({ one, channel, may }: { one: PlatformTemplate; channel: string | undefined; may: boolean }) {
  const query = new URLSearchParams({ channel: channel ?? "", appid: one.appid, template_id: one.template_id }).toString();
  return (
    <li className="at-wechat">
      <span className={one.gone_at ? "quiet" : undefined}>{one.title}</span>
      {one.used_by.length > 0 ? (
        <small>
          {one.used_by.map((ours) => (
            <Link key={ours.id} to={`/messages/templates/${ours.id}`}>
              {ours.title || ours.key}
            </Link>
          ))}
        </small>
      ) : one.gone_at ? (
        <small className="quiet">{w.gone}</small>
      ) : (
        may && channel && (
          <small>
            <Link to={`/messages/templates/new?${query}`}>{w.makeOf}</Link>
          </small>
        )
      )}
      <small className="quiet at-wechat-keys">{t.say.list(one.keys.map((key) => key.label))}</small>
    </li>
  );
}

function PlatformPanel() {
  const { message } = App.useApp();
  const { role } = useStaff();
  const may = MARKETING.includes(role);
  const platform = usePlatform();
  const writing = useWriting();
  const sync = useSyncTemplates();
  const told = platform.data;
  const isReading = told?.accounts.some((one) => one.is_asked);
  const channelOf = (appid: string) => {
    const kind = told?.accounts.find((one) => one.appid === appid)?.kind;
    return writing.data?.channels.find((way) => way.parts === null && way.account_kind === kind)?.kind;
  };
  return (
    <Panel
      title={w.platform}
      extra={
        may && (
          <Button
            size="small"
            icon={<SyncOutlined spin={Boolean(isReading)} />}
            disabled={Boolean(isReading)}
            onClick={() => sync.mutate(undefined, { onError: (error) => void message.error(failureText(error)) })}
          >
            {w.sync}
          </Button>
        )
      }
    >
      {!told ? (
        platform.error ? (
          <Failure error={platform.error} retry={() => void platform.refetch()} />
        ) : (
          <Skeleton active />
        )
      ) : told.accounts.length === 0 ? (
        <span className="quiet">{w.noAccounts}</span>
      ) : (
        <>
          <ul className="plain" aria-live="polite">
            {told.accounts.map((one) => (
              <Account key={one.appid} account={one} />
            ))}
          </ul>
          <h3 className="forecast-head">{w.atWechat(told.items.length)}</h3>
          <ul className="plain">
            {told.items.map((one) => (
              <AtWechat key={`${one.appid}.${one.template_id}`} one={one} channel={channelOf(one.appid)} may={may} />
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}

function TemplatesPage() {
  const { role } = useStaff();
  const [q] = useFilter("q");
  const [state, setState] = useFilter("state");
  const [channel, setChannel] = useFilter("channel");
  const templates = useTemplates({ q, state, channel });
  const writing = useWriting();
  const create = MARKETING.includes(role) && (
    <Link to="/messages/templates/new">
      <Button type="primary" icon={<PlusOutlined />}>
        {w.create}
      </Button>
    </Link>
  );
  return (
    <div className="columns">
      <div>
        <div className="filters filters-tight">
          <Searching placeholder={w.search} />
          <Segmented
            value={state ?? "all"}
            onChange={(value) => setState(value === "all" ? null : value)}
            options={Object.entries(w.filters).map(([value, label]) => ({ value, label }))}
          />
          <Select
            className="narrow"
            value={channel}
            onChange={(chosen: string | undefined) => setChannel(chosen ?? null)}
            placeholder={w.columns.channel}
            aria-label={w.columns.channel}
            options={writing.data?.channels.map((way) => ({ value: way.kind, label: way.label })) ?? []}
            loading={writing.isPending}
            popupMatchSelectWidth={false}
            allowClear
          />
          <Views />
          <span className="filters-end">{create}</span>
        </div>
        <ResourceList
          pages={templates}
          columns={columns}
          card={card}
          linkTo={linkTo}
          empty={
            q || state || channel ? (
              <Nothing title={w.nothingFound} hint={t.messages.filterHint}>
                <Link to="/messages/templates">
                  <Button>{t.common.clear}</Button>
                </Link>
              </Nothing>
            ) : (
              <Nothing title={w.empty} hint={w.emptyHint}>
                {create}
              </Nothing>
            )
          }
        />
      </div>
      <PlatformPanel />
    </div>
  );
}

export { TemplatesPage as Component };
