/** Today's quota of every account: used, kept back, promised, and until when; senders that stopped themselves; the rules for all messages. */
import { Alert, App, Button, Skeleton, Table, type TableColumnsType } from "antd";
import { useBoard, useGoOn, useStopped, type QuotaDay, type SenderDay, type StoppedSender } from "../../api/quota";
import { MARKETING, useStaff } from "../../app/session";
import { useIsPhone } from "../../app/ThemeMode";
import { dayWithWeekday } from "../../lib/time";
import { Failure, failureText } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { PolicyPanel } from "./PolicyPanel";

const q = t.messages.quotas;
const share = (n: number, limit: number) => `${Math.min(100, (100 * n) / limit)}%`;

/** Of a day's calls: those for notices, those for marketing, and what of the rest is kept back. */
function Day({ sender }: { sender: SenderDay }) {
  if (sender.limit === null) return <span className="quiet">{q.unlimited}</span>;
  const notices = sender.used - sender.used_by_marketing;
  const kept = Math.max(0, sender.reserve - notices);
  return (
    <span className="quota-day">
      <span className="quota-bar" role="img" aria-label={q.bar(notices, sender.used_by_marketing, kept, sender.limit)}>
        <span className="quota-notices" style={{ width: share(notices, sender.limit) }} />
        <span className="quota-marketing" style={{ width: share(sender.used_by_marketing, sender.limit) }} />
        <span className="quota-kept" style={{ width: share(kept, sender.limit) }} />
      </span>
      <small className={sender.exhausted ? "bad" : "quiet"}>
        {sender.exhausted ? q.exhausted : q.used(sender.used, sender.limit)}
      </small>
    </span>
  );
}

function DoneOn({ sender }: { sender: SenderDay }) {
  if (sender.waiting === 0) return <span className="quiet">{q.nothingWaits}</span>;
  return (
    <span className="two-lines wide">
      <span className={sender.done_on ? undefined : "bad"}>{sender.done_on ? dayWithWeekday(sender.done_on) : q.never}</span>
      <small>{q.waiting(sender.waiting)}</small>
    </span>
  );
}

function Sender({ one }: { one: SenderDay }) {
  return (
    <span className="two-lines wide">
      <span className="message-name">{one.channel_label}</span>
      <small>{one.account_name}</small>
    </span>
  );
}

const columns: TableColumnsType<SenderDay> = [
  { title: q.columns.sender, render: (_, one) => <Sender one={one} /> },
  { title: q.columns.today, width: 280, render: (_, one) => <Day sender={one} /> },
  {
    title: q.columns.free,
    width: 150,
    align: "right",
    render: (_, one) => <span className="amount">{one.free_for_marketing === null ? t.common.none : t.common.count(one.free_for_marketing)}</span>,
  },
  { title: q.columns.planned, width: 120, align: "right", render: (_, one) => <span className="amount">{t.common.count(one.planned)}</span> },
  { title: q.columns.done, width: 190, render: (_, one) => <DoneOn sender={one} /> },
];

function Stopped({ sender }: { sender: StoppedSender }) {
  const { message, modal } = App.useApp();
  const { role } = useStaff();
  const goOn = useGoOn();
  const ask = () =>
    void modal.confirm({
      title: q.goOnTitle(sender.channel_label),
      content: q.goOnHint,
      okText: q.goOn,
      onOk: () =>
        goOn.mutateAsync(sender).then(
          () => void message.success(q.wentOn),
          (error) => void message.error(failureText(error)),
        ),
    });
  return (
    <Alert
      type="error"
      showIcon
      title={q.stopped(sender.channel_label)}
      description={
        <>
          {q.stoppedWhy(sender.errors, sender.answers)}
          {sender.reason && ` ${sender.reason}`} · <Moment at={sender.stopped_at} />
        </>
      }
      action={MARKETING.includes(role) && <Button onClick={ask}>{q.goOn}</Button>}
    />
  );
}

function History({ days, senders }: { days: QuotaDay[]; senders: SenderDay[] }) {
  const names = new Map(senders.map((one) => [`${one.channel}.${one.appid}`, one.channel_label]));
  return (
    <Panel title={q.history}>
      {days.length === 0 ? (
        <span className="quiet">{q.noHistory}</span>
      ) : (
        <ul className="plain">
          {days.map((one) => (
            <li key={`${one.day}.${one.channel}.${one.appid}`} className="quota-past">
              <span>{dayWithWeekday(one.day)}</span>
              <span className="quiet">{names.get(`${one.channel}.${one.appid}`) ?? one.channel}</span>
              <span className="amount">{q.past(one.used, one.used_by_marketing)}</span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}

function QuotaPage() {
  const board = useBoard();
  const stopped = useStopped();
  const phone = useIsPhone();
  if (!board.data) return <Panel>{board.error ? <Failure error={board.error} retry={() => void board.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>;
  const { today, history } = board.data;
  const isFree = (one: SenderDay) => one.limit === null && one.waiting === 0;
  const [counted, free] = [today.filter((one) => !isFree(one)), today.filter(isFree)];
  return (
    <div className="stack">
      {stopped.data?.items.map((one) => <Stopped key={`${one.channel}.${one.appid}`} sender={one} />)}
      <Panel title={q.title} extra={<span className="quota-legend quiet">{Object.entries(q.legend).map(([key, word]) => <span key={key} className={`legend-${key}`}>{word}</span>)}</span>}>
        {today.length === 0 ? (
          <Nothing title={q.empty} hint={q.emptyHint} />
        ) : (
          <>
            {phone ? (
              <ul className="plain">
                {counted.map((one) => (
                  <li key={`${one.channel}.${one.appid}`} className="quota-card">
                    <Sender one={one} />
                    <DoneOn sender={one} />
                    <Day sender={one} />
                  </li>
                ))}
              </ul>
            ) : (
              <Table rowKey={(one) => `${one.channel}.${one.appid}`} dataSource={counted} columns={columns} pagination={false} size="small" scroll={{ x: 820 }} />
            )}
            {free.length > 0 && <p className="quiet quota-free">{q.free([...new Set(free.map((one) => one.channel_label))])}</p>}
          </>
        )}
      </Panel>
      <div className="columns">
        <PolicyPanel />
        <History days={history} senders={today} />
      </div>
    </div>
  );
}

export { QuotaPage as Component };
