/** A day beside the same weekday of the weeks before it, over the band of what is usual. */
import { Tooltip } from "antd";
import type { Anomaly } from "../../api/insight";
import { t } from "../../texts";

const a = t.insight.anomalies;

export function Weekdays({ one, weekday, good }: { one: Anomaly; weekday: string; good: boolean }) {
  const { before, times, median, bound } = one;
  const values = [...before, times];
  const top = 1.08 * Math.max(...values, median + bound);
  const share = (value: number) => `${(100 * Math.max(0, value)) / top}%`;
  const least = Math.max(0, median - bound);
  const said = t.say.list(before.map((value) => t.insight.count(value)));
  return (
    <figure className="weekdays">
      <div className="weekdays-bars" role="img" aria-label={a.chart(weekday, said, t.insight.count(times))}>
        <span className="weekdays-band" style={{ bottom: share(least), height: share(median + bound - least) }} />
        {values.map((value, place) => {
          const weeks = before.length - place;
          return (
            <Tooltip key={weeks} title={t.say.says(a.weeksAgo(weeks), t.insight.count(value))}>
              <span className="weekdays-place">
                <span className={weeks ? "weekdays-bar" : `weekdays-bar weekdays-${good ? "good" : "bad"}`} style={{ height: share(value) }} />
              </span>
            </Tooltip>
          );
        })}
      </div>
      <figcaption>
        <span>{a.weeksAgo(before.length)}</span>
        <span>{a.legend}</span>
        <span>{a.weeksAgo(0)}</span>
      </figcaption>
    </figure>
  );
}
