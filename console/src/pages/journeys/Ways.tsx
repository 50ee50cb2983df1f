/** One person's way through a journey, step by step, and why she is in it or not. */
import { Alert, Button, Drawer, Skeleton, Timeline } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useCustomer } from "../../api/queries";
import { useMessageStory, useWalk, useWhy, type Visit, type WalkTold } from "../../api/results";
import { useIsPhone } from "../../app/ThemeMode";
import { absolute } from "../../lib/time";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { nameOf } from "../../parts/People";
import { PersonPick } from "../../parts/PersonPick";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

const r = t.results;

function Story({ sendId }: { sendId: string }) {
  const story = useMessageStory(sendId);
  if (story.error) return <Failure error={story.error} retry={() => void story.refetch()} />;
  if (!story.data) return <Skeleton active title={false} paragraph={{ rows: 2 }} />;
  return (
    <ol className="story">
      {story.data.lines.map(({ at, sentence }, index) => (
        <li key={index}>
          {sentence}
          {at && <small className="quiet"> {absolute(at)}</small>}
        </li>
      ))}
    </ol>
  );
}

export function Message({ message }: { message: Pick<NonNullable<Visit["message"]>, "id" | "status" | "delivery"> }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="visit-message">
      <span className={message.status === "accepted" ? "" : "bad"}>{r.messageStatus[message.status] ?? message.status}</span>
      {message.delivery && <span> · {r.delivery[message.delivery] ?? message.delivery}</span>}
      <Button type="link" size="small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {r.whyMessage}
      </Button>
      {isOpen && <Story sendId={message.id} />}
    </div>
  );
}

const COLOURS: Record<string, string> = { stuck: "red", exited: "gray", active: "blue" };

function Way({ walk }: { walk: WalkTold }) {
  const items = walk.visits.map((visit, index) => {
    const isLast = index === walk.visits.length - 1;
    const stands = isLast && !visit.port && visit.left_at === null;
    return {
      color: isLast ? (COLOURS[walk.status] ?? "green") : "green",
      content: (
        <div className="visit">
          <strong>{visit.label}</strong>
          <small className="quiet">{absolute(visit.arrived_at)}</small>
          {visit.port && visit.port !== "done" && visit.port_label && <span className="quiet">{r.went(visit.port_label)}</span>}
          {stands && <span>{r.still}</span>}
          {visit.why && <span className="bad">{visit.why}</span>}
          {visit.message && <Message message={visit.message} />}
        </div>
      ),
    };
  });
  return <Timeline items={items} aria-label={r.way} />;
}

function Told({ walk }: { walk: WalkTold }) {
  return (
    <div className="people">
      <Facts
        items={[
          [t.journeys.statusOf, <Status key="status" value={walk.status} texts={r.walkStatus} />],
          [r.entered, absolute(walk.entered_at)],
          ...(walk.ended_at ? [[r.ended, absolute(walk.ended_at)] as [string, string]] : []),
          ...(walk.due_at && walk.status === "active" ? [[r.due, absolute(walk.due_at)] as [string, string]] : []),
          ...(walk.converted_at ? [[r.reached, absolute(walk.converted_at)] as [string, string]] : []),
        ]}
      />
      {walk.why && <Alert type={walk.status === "stuck" ? "error" : "info"} showIcon title={walk.why} />}
      <Way walk={walk} />
    </div>
  );
}

export function Who({ customerId }: { customerId: string }) {
  const customer = useCustomer(customerId);
  return <Link to={`/customers/${customerId}`}>{customer.data ? nameOf(customer.data) : r.toCustomer}</Link>;
}

export function WalkDrawer({ journeyId, walkId, onClose }: { journeyId: string; walkId: string | null; onClose: () => void }) {
  const phone = useIsPhone();
  return (
    <Drawer open={walkId !== null} onClose={onClose} title={r.way} placement={phone ? "bottom" : "right"} size={phone ? "86%" : 440} destroyOnHidden>
      {walkId && <Walk journeyId={journeyId} walkId={walkId} />}
    </Drawer>
  );
}

function Walk({ journeyId, walkId }: { journeyId: string; walkId: string }) {
  const walk = useWalk(journeyId, walkId);
  if (walk.error) return <Failure error={walk.error} retry={() => void walk.refetch()} />;
  if (!walk.data) return <Skeleton active />;
  return (
    <>
      <p className="walk-who">
        <Who customerId={walk.data.customer_id} /> <span className="quiet">{r.walkOf(walk.data.version)}</span>
      </p>
      <Told walk={walk.data} />
    </>
  );
}

/** Anybody may be asked for, also who never came near the journey. */
export function WhyDrawer({ journeyId, open, person, onPerson, onClose }: { journeyId: string; open: boolean; person: string | null; onPerson: (id: string | null) => void; onClose: () => void }) {
  const phone = useIsPhone();
  return (
    <Drawer open={open} onClose={onClose} title={r.whyTitle} placement={phone ? "bottom" : "right"} size={phone ? "86%" : 440} destroyOnHidden>
      <div className="people">
        <p className="quiet people-hint">{r.whyHint}</p>
        <PersonPick label={r.search} value={person} onChange={onPerson} />
        {person && <Answer journeyId={journeyId} person={person} />}
      </div>
    </Drawer>
  );
}

function Answer({ journeyId, person }: { journeyId: string; person: string }) {
  const why = useWhy(journeyId, person);
  if (why.error) return <Failure error={why.error} retry={() => void why.refetch()} />;
  if (!why.data) return <Skeleton active />;
  const { answer, words, triggered_at, walks } = why.data;
  return (
    <>
      <p className="walk-who">
        <Who customerId={person} />
      </p>
      <Alert
        type={answer === "stuck" ? "error" : answer === "inside" || answer === "completed" ? "success" : "info"}
        showIcon
        title={words}
        description={triggered_at ? r.triggered(absolute(triggered_at)) : undefined}
      />
      {walks.map((walk) => (
        <section key={walk.walk_id} className="why-walk">
          <h3>
            {r.walkOf(walk.version)} · {absolute(walk.entered_at).slice(0, 16)}
          </h3>
          <Told walk={walk} />
        </section>
      ))}
    </>
  );
}
