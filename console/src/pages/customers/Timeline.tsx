/** Everything that happened to one customer, newest first, by day. */
import { Segmented, Skeleton } from "antd";
import { Link } from "react-router";
import { useTimeline } from "../../api/queries";
import type { TimelineItem } from "../../api/types";
import { absolute, clock, dayHeading, dayKey } from "../../lib/time";
import { rowsOf } from "../../lib/rows";
import { Failure } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { More } from "../../parts/ResourceList";
import { useFilter } from "../../parts/Searching";
import { t } from "../../texts";
import { iconOf, toneOf } from "./eventIcons";

const SUBJECT_PAGES: Record<string, string> = { order: "/orders", lead: "/leads" };

export function byDay(items: TimelineItem[]): [day: string, items: TimelineItem[]][] {
  const days = new Map<string, TimelineItem[]>();
  for (const item of items) {
    const day = dayKey(item.recorded_at);
    const known = days.get(day);
    if (known) known.push(item);
    else days.set(day, [item]);
  }
  return [...days];
}

function Line({ item }: { item: TimelineItem }) {
  const page = item.subject && SUBJECT_PAGES[item.subject.type];
  const actor = item.actor.name ?? t.customer.actors[item.actor.type];
  return (
    <li className="moment">
      <time dateTime={item.recorded_at} title={`${absolute(item.recorded_at)} ${t.time.beijing}`}>
        {clock(item.recorded_at)}
      </time>
      <span className={`moment-icon moment-${toneOf(item.name)}`}>{iconOf(item.name)}</span>
      <span className="moment-text">
        <strong>{page && item.subject ? <Link to={`${page}/${item.subject.id}`}>{item.label}</Link> : item.label}</strong>
        {item.detail && <span className="moment-detail">{item.detail}</span>}
      </span>
      {actor && <span className="moment-actor">{actor}</span>}
    </li>
  );
}

export function Timeline({ customerId }: { customerId: string }) {
  const [group, setGroup] = useFilter("group");
  const timeline = useTimeline(customerId, group);
  const items = rowsOf(timeline);
  return (
    <Panel title={t.customer.timeline}>
      <div className="filters timeline-filters">
        <Segmented
          value={group ?? "all"}
          onChange={(value) => setGroup(value === "all" ? null : value)}
          options={Object.entries(t.customer.groups).map(([value, label]) => ({ value, label }))}
        />
      </div>
      {timeline.isPending ? (
        <Skeleton active title={false} paragraph={{ rows: 8, width: "100%" }} />
      ) : timeline.error && items.length === 0 ? (
        <Failure error={timeline.error} retry={() => void timeline.refetch()} />
      ) : items.length === 0 ? (
        <Nothing title={group ? t.customer.timelineEmptyFiltered : t.customer.timelineEmpty} hint={group ? undefined : t.customer.timelineEmptyHint} />
      ) : (
        <div className={timeline.isPlaceholderData ? "list-stale" : undefined}>
          {byDay(items).map(([day, ofDay]) => (
            <section key={day} className="day">
              <h3>{dayHeading(day)}</h3>
              <ol>
                {ofDay.map((item) => (
                  <Line key={item.id} item={item} />
                ))}
              </ol>
            </section>
          ))}
          <More pages={timeline} />
        </div>
      )}
    </Panel>
  );
}
