/** One message: why she got it, or did not, told in order. */
import { Skeleton } from "antd";
import { Link, useParams } from "react-router";
import { useWhy, type SendRow, type StoryLine } from "../../api/messages";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { absolute } from "../../lib/time";
import { t } from "../../texts";
import { nameOfRecipient, Outcome } from "./sends";
import "./messages.css";

const s = t.messages.sends;
const BACK = { to: "/messages/log", label: t.messages.log };

export function Story({ lines }: { lines: StoryLine[] }) {
  return (
    <ol className="story">
      {lines.map((line, place) => (
        <li key={place} className={line.at ? "story-line" : "story-line story-now"}>
          <span>{line.sentence}</span>
          <small className="quiet">{line.at ? absolute(line.at) : s.now}</small>
        </li>
      ))}
    </ol>
  );
}

function From({ send }: { send: SendRow }) {
  if (send.journey_id) return <Link to={`/journeys/${send.journey_id}`}>{s.journeyMessage}</Link>;
  if (send.broadcast_id) return <Link to={`/messages/broadcasts/${send.broadcast_id}`}>{s.broadcastMessage}</Link>;
  return s.platformMessage;
}

function question(send: SendRow): string {
  if (send.status === "planned" || send.status === "claimed") return s.waits;
  return send.status === "accepted" && send.delivery !== "failed" ? s.sent : s.notSent;
}

function SendPage() {
  const { id = "" } = useParams();
  const found = useWhy(id);
  if (!found.data)
    return (
      <Page title={t.messages.log} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 6 }} />}</Panel>
      </Page>
    );
  const { send, lines } = found.data;
  const to = send.customer_id ? <Link to={`/customers/${send.customer_id}`}>{nameOfRecipient(send)}</Link> : nameOfRecipient(send);
  return (
    <Page
      title={send.template_title}
      back={BACK}
      subtitle={
        <span className="title-line">
          <span>{nameOfRecipient(send)}</span>
          <Outcome send={send} />
          <Moment at={send.created_at} />
        </span>
      }
    >
      <div className="columns">
        <Panel title={question(send)}>
          {send.reason_text && <p className="story-reason">{send.reason_text}</p>}
          <Story lines={lines} />
        </Panel>
        <Panel title={s.facts} extra={send.customer_id && <Link to={`/messages/log?customer_id=${send.customer_id}`}>{s.others}</Link>}>
          <Facts
            items={[
              [s.fact.to, to],
              [s.fact.purpose, t.messages.purposes[send.purpose]],
              [s.fact.channel, send.channel_label],
              [s.fact.from, <From key="from" send={send} />],
              [s.fact.planned, <Moment key="at" at={send.created_at} />],
              [s.fact.claimed, <Moment key="at" at={send.claimed_at} />],
              send.due_at ? [s.fact.next, <Moment key="at" at={send.due_at} />] : [s.fact.settled, <Moment key="at" at={send.settled_at} />],
              [s.fact.number, <code key="id">{send.id}</code>],
            ]}
          />
        </Panel>
      </div>
    </Page>
  );
}

export { SendPage as Component };
