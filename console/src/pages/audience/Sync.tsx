/** Where else a tag is known, and how far both sides agree. */
import { App, Button, Select } from "antd";
import { useTagAction, useSyncAccounts, type TagAction, type TagLink, type TagPage } from "../../api/audience";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const g = t.audience.tag;

function State({ link }: { link: TagLink }) {
  if (link.broken_at) return <span className="bad" title={link.error ?? undefined}>{g.broken}</span>;
  if (!link.remote_id) return <span className="quiet">{g.making}</span>;
  const left = [link.waiting > 0 && g.syncWaiting(link.waiting), link.failed > 0 && g.syncFailed(link.failed)].filter((one) => one !== false);
  return left.length > 0 ? <span className="quiet">{t.say.list(left)}</span> : <span className="good">{g.inStep}</span>;
}

export function SyncPanel({ tag }: { tag: TagPage }) {
  const { message, modal } = App.useApp();
  const accounts = useSyncAccounts();
  const act = useTagAction(tag.id);
  const run = (action: TagAction) => act.mutateAsync(action).then(undefined, (error) => void message.error(failureText(error)));
  const linked = new Set(tag.links.map((link) => link.account_id));
  const free = (accounts.data?.items ?? []).filter((one) => !linked.has(one.id));
  return (
    <Panel title={g.sync}>
      {tag.links.length === 0 && <p className="quiet">{accounts.data?.items.length === 0 ? g.noAccounts : g.syncHint}</p>}
      <ul className="plain">
        {tag.links.map((link) => (
          <li key={link.id} className="link-line">
            <span className="two-lines wide">
              <span>{link.account_name}</span>
              <small>{g.accountKinds[link.account_kind]}</small>
            </span>
            <State link={link} />
            <span>
              {link.broken_at && (
                <Button size="small" onClick={() => void run({ does: "link", account: link.account_id })} loading={act.isPending}>
                  {g.mend}
                </Button>
              )}
              <Button
                size="small"
                type="text"
                onClick={() =>
                  void modal.confirm({ title: g.unlink, content: g.unlinkHint, okText: g.unlink, onOk: () => run({ does: "unlink", link: link.id }) })
                }
              >
                {g.unlink}
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {free.length > 0 && !tag.archived_at && (
        <Select
          className="sync-add"
          aria-label={g.link}
          placeholder={g.link}
          value={null}
          loading={act.isPending}
          options={free.map((one) => ({ value: one.id, label: `${g.accountKinds[one.kind]} · ${one.name}` }))}
          onChange={(account: string) => void run({ does: "link", account })}
        />
      )}
    </Panel>
  );
}
