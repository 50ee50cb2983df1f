/** Shares with the interval in which each is at 95 %, on one scale, so that the eye sees what overlaps. */
import type { ReactNode } from "react";
import type { Share, ShareDifference } from "../../api/results";
import { t } from "../../texts";

const r = t.results;

export interface Bar {
  key: string;
  label: ReactNode;
  share: Share;
  note?: ReactNode;
}

/** The right end of the scale: a little beyond what is widest, and never beyond everybody. */
export const scaleOf = (shares: Share[]): number => Math.min(1, Math.max(0.01, ...shares.filter(({ people }) => people > 0).map(({ high }) => high)) * 1.1);

export function Intervals({ bars }: { bars: Bar[] }) {
  const scale = scaleOf(bars.map(({ share }) => share));
  const at = (part: number) => `${Math.min(100, (100 * part) / scale)}%`;
  return (
    <ul className="intervals">
      {bars.map(({ key, label, share, note }) => (
        <li key={key}>
          <div className="interval-head">
            <span className="interval-label">{label}</span>
            <span>
              <strong>{share.share === null ? t.common.none : r.percent(share.share)}</strong>{" "}
              <small className="quiet">{r.happened(share.happened, share.people)}</small>
            </span>
          </div>
          {share.share !== null && (
            <div className={share.enough ? "interval" : "interval interval-early"} role="img" aria-label={r.between(share.low, share.high)}>
              <span className="interval-band" style={{ left: at(share.low), width: `calc(${at(share.high)} - ${at(share.low)})` }} />
              <span className="interval-dot" style={{ left: at(share.share) }} />
            </div>
          )}
          <small className="quiet">
            {share.share !== null && r.between(share.low, share.high)}
            {share.people > 0 && !share.enough && ` · ${r.early}`}
          </small>
          {note}
        </li>
      ))}
    </ul>
  );
}

/** How far one share is from another, in words that promise no more than the interval holds. */
export function against(difference: ShareDifference | null, name: string): string | null {
  if (!difference || difference.difference === null) return null;
  const words = r.difference(name, difference.difference, difference.low, difference.high);
  return t.say.and(words, difference.sure ? r.sure : difference.enough ? r.unsure : r.early);
}
