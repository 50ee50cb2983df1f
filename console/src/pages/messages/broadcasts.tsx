/** How broadcasts are spoken of, wherever they stand. */
import { Progress } from "antd";
import type { Broadcast, BroadcastDraft, BroadcastRow, BroadcastStatus } from "../../api/broadcasts";
import { Status, type Tone } from "../../parts/Status";
import { t } from "../../texts";

const b = t.messages.broadcast;

const TONES: Record<BroadcastStatus, Tone> = {
  draft: "idle",
  scheduled: "warn",
  sending: "busy",
  paused: "warn",
  finished: "good",
  cancelled: "idle",
};

export function BroadcastState({ broadcast }: { broadcast: Broadcast }) {
  return <Status value={broadcast.status} texts={{ [broadcast.status]: broadcast.status_label }} tone={TONES[broadcast.status]} />;
}

export const audienceOf = (one: Broadcast) => (one.audience.kind === "list" ? b.list : `${b.kinds[one.audience.kind]} · ${one.audience_name ?? b.gone}`);

/** 100 only when everybody's outcome is certain. */
export const percentOf = (done: number, people: number) => (people === 0 ? 0 : Math.floor((100 * done) / people));

export function Share({ row }: { row: BroadcastRow }) {
  if (!row.share) return <span className="quiet">{t.common.none}</span>;
  const { done, people } = row.share;
  return (
    <span className="share">
      <Progress percent={percentOf(done, people)} size="small" aria-label={b.share(done, people)} status={row.status === "sending" ? "active" : "normal"} />
      <small className="quiet">{b.share(done, people)}</small>
    </span>
  );
}

/** Whether a draft names enough to be foreseen. */
export function isWhole({ audience, ladder }: BroadcastDraft): boolean {
  const hasPeople = audience.kind === "segment" ? audience.segment_id !== "" : audience.kind === "list" || audience.tag !== "";
  return hasPeople && ladder.length > 0 && ladder.every((rung) => rung.template_key !== "");
}
