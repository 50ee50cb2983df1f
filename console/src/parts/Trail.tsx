/** The steps of state machines as a line of time: what moved from where to where, who moved it, why, and in which request. */
import { Button, Typography } from "antd";
import { useState } from "react";
import type { Move } from "../api/types";
import { absolute } from "../lib/time";
import { t } from "../texts";
import { Status } from "./Status";

const SHORT = 8;
const ID_SHOWN = 8;

const WORDS: Record<string, Record<string, string>> = {
  orders: t.orders.status,
  reservations: t.orders.reservationStatus,
  payment_intents: t.trail.intentStatus,
  payment_attempts: t.orders.attemptStatus,
  refunds: t.orders.refundStatus,
  vehicles: t.stock.status,
  leads: t.leads.status,
  broadcasts: t.messages.broadcast.filters,
  journeys: t.journeys.status,
  journey_fan_outs: t.trail.workStatus,
  campaigns: t.trail.workStatus,
  people_runs: t.trail.workStatus,
  import_runs: t.trail.workStatus,
  exports: t.trail.workStatus,
  reconciliations: { ...t.trail.workStatus, ...t.runs.filters },
  reconciliation_differences: t.runs.differenceFilters,
  waitlist_entries: t.trail.waitlistStatus,
  shipping_uploads: t.trail.shippingStatus,
  staff: { active: t.team.states["true"]!, locked: t.team.states["false"]!, ...t.session.roles },
};

function whoOf({ actor }: Move): string {
  const kind = t.trail.actors[actor.type] ?? actor.type;
  return actor.name ? t.say.aside(actor.name, kind) : kind;
}

/** A code of ours in words; anything else is what a person wrote. */
export function whyOf(reason: string): string {
  return t.orders.closeReason[reason] ?? t.trail.reasons[reason] ?? `“${reason}”`;
}

/** From where to where. */
export function MoveWords({ move }: { move: Move }) {
  const words = WORDS[move.subject] ?? {};
  return (
    <span className="trail-what">
      {move.before !== "" && move.before !== move.after && (
        <>
          <span className="quiet">{words[move.before] ?? move.before}</span>
          <span className="quiet" aria-hidden="true">
            →
          </span>
        </>
      )}
      <Status value={move.after} texts={words} />
    </span>
  );
}

function Step({ move }: { move: Move }) {
  return (
    <li className="trail-step">
      <div className="trail-what">
        <strong>{t.trail.subjects[move.subject] ?? move.subject}</strong>
        <MoveWords move={move} />
      </div>
      {move.reason && <div>{whyOf(move.reason)}</div>}
      <small className="quiet">
        {absolute(move.at)} · {whoOf(move)} ·{" "}
        <span className="trail-request" title={`${move.cause} · ${move.request_id}`}>
          {t.trail.request} <code>{move.request_id.slice(0, ID_SHOWN)}</code>
          <Typography.Text copyable={{ text: move.request_id, tooltips: [t.trail.copy, t.trail.copied] }} />
        </span>
      </small>
    </li>
  );
}

/** The latest first; a long one shows its beginning only when asked. */
export function Trail({ moves }: { moves: Move[] }) {
  const [all, setAll] = useState(false);
  if (moves.length === 0) return <span className="quiet">{t.trail.none}</span>;
  const shown = all ? moves : moves.slice(0, SHORT);
  return (
    <>
      <ol className="trail">
        {shown.map((move) => (
          <Step key={move.id} move={move} />
        ))}
      </ol>
      {shown.length < moves.length && (
        <Button type="link" size="small" onClick={() => setAll(true)}>
          {t.trail.more(moves.length - shown.length)}
        </Button>
      )}
    </>
  );
}
