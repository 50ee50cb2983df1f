/** How many people would enter, whom the messages would reach and whom not, and until which day they have left. */
import type { Estimate } from "../../../api/journeys";
import { t } from "../../../texts";

const e = t.editor.estimate;

export function Coming({ estimate }: { estimate: Estimate }) {
  return (
    <p className="epanel-summary" aria-live="polite">
      {estimate.now > 0 && <>{e.now(estimate.now)} · </>}
      {estimate.per_day === null ? e.unknown : e.perDay(estimate.per_day, estimate.days)}
    </p>
  );
}

/** Of one message: whom it would reach, and whom not, with the reason as large. */
export function Reach({ message }: { message: Estimate["messages"][number] }) {
  return (
    <ul className="plain-list reach">
      <li>
        <strong>{e.reached(message.reached, message.asked)}</strong>
      </li>
      {message.ways.map(({ channel, label, people }) => (
        <li key={channel}>{e.way(label, people)}</li>
      ))}
      {message.skipped.map(({ key, label, people }) => (
        <li key={key} className="sim-no">
          {e.skipped(label, people)}
        </li>
      ))}
    </ul>
  );
}

export function Forecast({ estimate }: { estimate: Estimate }) {
  return (
    <section className="check-part">
      <h3>{e.title}</h3>
      <Coming estimate={estimate} />
      {estimate.words && <p>{estimate.words}</p>}
      {estimate.messages
        .filter(({ asked }) => asked > 0)
        .map((message) => (
          <div key={message.node} className="reach-of">
            {message.label}
            <Reach message={message} />
          </div>
        ))}
      {estimate.quota.length > 0 && (
        <>
          <h3 className="forecast-quota">{e.quota}</h3>
          <ul className="plain-list">
            {estimate.quota.map((one) => (
              <li key={one.channel} className={one.free_today !== null && one.free_today < one.messages ? "sim-no" : ""}>
                {e.quotaNeeds(one.label, one.messages)}
                {" · "}
                {one.free_today === null ? e.quotaUnlimited : e.quotaFree(one.free_today, one.per_day)}
              </li>
            ))}
          </ul>
        </>
      )}
      {estimate.done_on && <p className="sim-yes">{e.doneOn(estimate.done_on)}</p>}
    </section>
  );
}
