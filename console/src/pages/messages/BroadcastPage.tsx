/** One broadcast: how far it is, who did not get it and why, and how it is stopped; a draft shows what would become of it. */
import { App, Button, Modal, Progress, Skeleton } from "antd";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { peopleFile, useBroadcast, useBroadcastForecast, useBroadcastStep, type BroadcastPage as Broadcast, type BroadcastStep, type Reason } from "../../api/broadcasts";
import { useMessageTemplates } from "../../api/journeys";
import { MARKETING, useStaff } from "../../app/session";
import { absolute } from "../../lib/time";
import { rowsOf } from "../../lib/rows";
import { Facts } from "../../parts/Facts";
import { Failure, failureText } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { PersonPick } from "../../parts/PersonPick";
import { t } from "../../texts";
import { audienceOf, BroadcastState, percentOf } from "./broadcasts";
import { Counts, ForecastPanel } from "./Forecast";
import "./messages.css";

const b = t.messages.broadcast;
const BACK = { to: "/messages", label: t.messages.broadcasts };
const FIGURES = ["listed", "sent", "delivered", "undelivered", "on_their_way", "not_planned", "unknown_outcome", "cancelled"] as const;
/** Always shown; the others where there is one. */
const USUAL = new Set<string>(["listed", "sent", "delivered", "on_their_way"]);

const undecided = ({ progress }: Broadcast) => progress.not_planned + progress.on_their_way;

function Trial({ id, close }: { id: string; close: () => void }) {
  const { message } = App.useApp();
  const [person, setPerson] = useState<string | null>(null);
  const step = useBroadcastStep();
  const send = () =>
    step.mutateAsync({ id, step: "trial", body: { customer_ids: [person] } }).then(
      () => {
        void message.success(b.trialSent);
        close();
      },
      (error) => void message.error(failureText(error)),
    );
  return (
    <Modal open title={b.trialTitle} okText={b.trialSend} okButtonProps={{ disabled: !person }} confirmLoading={step.isPending} onOk={() => void send()} onCancel={close} width={420}>
      <p className="quiet">{b.trialHint}</p>
      <PersonPick label={b.trialPerson} value={person} onChange={setPerson} />
    </Modal>
  );
}

function Deeds({ broadcast }: { broadcast: Broadcast }) {
  const { message, modal } = App.useApp();
  const [isTried, setTried] = useState(false);
  const step = useBroadcastStep();
  const { id, name, status, progress } = broadcast;
  const run = (one: BroadcastStep, done: string) =>
    step.mutateAsync({ id, step: one }).then(
      () => void message.success(done),
      (error) => void message.error(failureText(error)),
    );
  const cancel = () =>
    void modal.confirm({
      title: b.cancelTitle(name),
      content: b.cancelHint(progress.sent, undecided(broadcast)),
      okText: b.cancel,
      cancelText: b.back,
      okButtonProps: { danger: true },
      onOk: () => run("cancel", b.cancelled),
    });
  return (
    <>
      {status !== "finished" && status !== "cancelled" && (
        <Button danger onClick={cancel}>
          {b.cancel}
        </Button>
      )}
      {(status === "draft" || status === "scheduled") && <Button onClick={() => setTried(true)}>{b.trial}</Button>}
      {status === "draft" && (
        <Link to={`/messages/broadcasts/${id}/edit`}>
          <Button type="primary">{b.edit}</Button>
        </Link>
      )}
      {status === "scheduled" && <Button onClick={() => void run("unschedule", b.unscheduled)}>{b.unschedule}</Button>}
      {status === "sending" && (
        <Button type="primary" loading={step.isPending} onClick={() => void run("pause", b.paused)}>
          {b.pause}
        </Button>
      )}
      {status === "paused" && (
        <Button type="primary" loading={step.isPending} onClick={() => void run("resume", b.resumed)}>
          {b.resume}
        </Button>
      )}
      {isTried && <Trial id={id} close={() => setTried(false)} />}
    </>
  );
}

/** Reasons with their counts, each of which leads to those people. */
function Reasons({ id, status, reasons, most }: { id: string; status: string; reasons: Reason[]; most: number }) {
  const rows = reasons.map(({ reason, text, count }) => ({
    key: reason,
    text: <Link to={`/messages/log?${new URLSearchParams({ broadcast_id: id, status, error_code: reason }).toString()}`}>{text}</Link>,
    count,
  }));
  return <Counts rows={rows} most={most} />;
}

function ProgressPanel({ broadcast }: { broadcast: Broadcast }) {
  const { progress, status } = broadcast;
  const done = progress.listed - undecided(broadcast);
  return (
    <Panel title={b.progress} extra={<Link to={`/messages/log?broadcast_id=${broadcast.id}`}>{b.inLog}</Link>}>
      <Progress percent={percentOf(done, progress.listed)} status={status === "sending" ? "active" : "normal"} aria-label={b.progress} />
      <p className="quiet broadcast-share" aria-live="polite">
        {progress.listing === "running" ? b.listing : b.share(done, progress.listed)}
      </p>
      {progress.sentences.map((sentence) => (
        <p key={sentence} className="story-reason">
          {sentence}
        </p>
      ))}
      <dl className="figures">
        {FIGURES.filter((name) => USUAL.has(name) || progress[name] > 0).map((name) => (
          <div key={name}>
            <dt>{b.figures[name]}</dt>
            <dd>{t.common.count(progress[name])}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

function NotSent({ broadcast }: { broadcast: Broadcast }) {
  const { id, progress } = broadcast;
  const groups: [string, string, Reason[]][] = [
    [b.notSent, "skipped", progress.skipped],
    [b.failed, "rejected", progress.failed],
    [b.waiting, "planned", progress.waiting],
  ];
  const shown = groups.filter(([, , reasons]) => reasons.length > 0);
  if (shown.length === 0)
    return (
      <Panel title={b.notSent}>
        <span className="quiet">{b.nothingLost}</span>
      </Panel>
    );
  return shown.map(([title, status, reasons]) => (
    <Panel key={status} title={title}>
      <Reasons id={id} status={status} reasons={reasons} most={progress.listed} />
    </Panel>
  ));
}

function Settings({ broadcast }: { broadcast: Broadcast }) {
  const templates = rowsOf(useMessageTemplates());
  const titles = broadcast.ladder.map(({ channel, template_key }) => {
    const known = templates.find((one) => one.channel === channel && one.key === template_key);
    return known ? t.say.aside(known.title, known.channel_label) : template_key;
  });
  const moments = (["scheduled", "started", "expires", "ended"] as const).flatMap((name): [string, string][] => {
    const at = broadcast[`${name}_at`];
    return at ? [[b.fact[name] ?? name, absolute(at)]] : [];
  });
  return (
    <Panel title={b.facts}>
      <Facts
        items={[
          [b.fact["audience"] ?? "", audienceOf(broadcast)],
          [b.fact["purpose"] ?? "", t.messages.purposes[broadcast.purpose]],
          [b.fact["ways"] ?? "", titles.join(" → ")],
          [b.fact["pace"] ?? "", broadcast.per_minute ? b.perMinute(broadcast.per_minute) : b.fast],
          ...moments,
        ]}
      />
    </Panel>
  );
}

function Foreseen({ id }: { id: string }) {
  const forecast = useBroadcastForecast(id);
  return <ForecastPanel asked={forecast} isWhole isStale={false} />;
}

function BroadcastPage() {
  const { id = "" } = useParams();
  const { role } = useStaff();
  const found = useBroadcast(id);
  const broadcast = found.data;
  if (!broadcast)
    return (
      <Page title={t.messages.broadcasts} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  return (
    <Page
      title={broadcast.name}
      back={BACK}
      subtitle={
        <span className="title-line">
          <BroadcastState broadcast={broadcast} />
          <span>{audienceOf(broadcast)}</span>
        </span>
      }
      extra={
        <>
          {broadcast.started_at && (
            <a href={peopleFile(id)} download>
              <Button>{b.download}</Button>
            </a>
          )}
          {MARKETING.includes(role) && <Deeds broadcast={broadcast} />}
        </>
      }
    >
      <div className="columns">
        <div className="stack">
          {broadcast.started_at ? (
            <>
              <ProgressPanel broadcast={broadcast} />
              <NotSent broadcast={broadcast} />
            </>
          ) : broadcast.status === "cancelled" ? null : (
            <Foreseen id={id} />
          )}
        </div>
        <Settings broadcast={broadcast} />
      </div>
    </Page>
  );
}

export { BroadcastPage as Component };
