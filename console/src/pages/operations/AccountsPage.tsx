/** The brand's accounts at Tencent and whether they are well; a sender that stopped itself goes on from here. */
import { Alert, App, Button, Skeleton } from "antd";
import { useAccounts, useSenderGoOn, type Account } from "../../api/operations";
import { Facts } from "../../parts/Facts";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

const a = t.operations.account;

function Stopped({ stop }: { stop: Account["stopped"][number] }) {
  const { message } = App.useApp();
  const goOn = useSenderGoOn();
  return (
    <Alert
      type="error"
      title={t.say.says(stop.channel_label, a.stopped)}
      description={a.stoppedWhy(stop.errors, stop.answers)}
      action={
        <Button
          size="small"
          loading={goOn.isPending}
          onClick={() =>
            goOn.mutate(stop, { onSuccess: () => void message.success(a.goOnDone), onError: (error) => void message.error(failureText(error)) })
          }
        >
          {a.goOn}
        </Button>
      }
    />
  );
}

function Health({ account }: { account: Account }) {
  const [word, tone] = account.stopped.length > 0 ? ([a.stopped, "bad"] as const) : account.refused > 0 ? ([a.doubtful, "warn"] as const) : ([a.fine, "good"] as const);
  return <Status value={tone} texts={{ [tone]: word }} tone={tone} />;
}

function One({ account }: { account: Account }) {
  return (
    <Panel title={account.name} extra={<Health account={account} />}>
      <div className="stack">
        {account.stopped.map((stop) => (
          <Stopped key={stop.channel} stop={stop} />
        ))}
        <Facts
          items={[
            [a.kinds[account.kind] ?? account.kind, <code>{account.appid}</code>],
            [a.heard, account.heard_at ? <Moment at={account.heard_at} /> : <span className="quiet">{a.never}</span>],
            [a.waiting, t.common.count(account.waiting)],
            [a.refused, <span className={account.refused > 0 ? "warn" : undefined}>{t.common.count(account.refused)}</span>],
            ...(account.refused_at
              ? ([
                  [
                    a.lastRefused,
                    <>
                      <Moment at={account.refused_at} /> {account.refused_for}
                    </>,
                  ],
                ] as [string, React.ReactNode][])
              : []),
          ]}
        />
      </div>
    </Panel>
  );
}

function AccountsPage() {
  const found = useAccounts();
  if (found.error) return <Failure error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton active paragraph={{ rows: 8 }} />;
  if (found.data.items.length === 0)
    return (
      <Panel>
        <Nothing title={a.empty} hint={a.emptyHint} />
      </Panel>
    );
  return (
    <div className="accounts">
      {found.data.items.map((account) => (
        <One key={account.id} account={account} />
      ))}
    </div>
  );
}

export { AccountsPage as Component };
