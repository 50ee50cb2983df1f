/** The days that are asked for, in the address: thirty of them unless said. */
import { Input } from "antd";
import { useSearchParams } from "react-router";
import { dayKey, platformNow } from "../../lib/time";
import { Moment } from "../../parts/Moment";
import { useFilter } from "../../parts/Searching";
import { t } from "../../texts";

const DAYS = 30;
const DAY_MS = 86_400_000;

const daysAgo = (days: number) => dayKey(new Date(platformNow() - days * DAY_MS).toISOString());

export function useDays() {
  const [parameters] = useSearchParams();
  return { since: parameters.get("since") ?? daysAgo(DAYS - 1), until: parameters.get("until") ?? daysAgo(0) };
}

function Day({ name, label, value }: { name: string; label: string; value: string }) {
  const [, set] = useFilter(name, "page");
  return <Input className="insight-day" type="date" aria-label={label} title={label} value={value} onChange={(event) => set(event.target.value || null)} />;
}

export function Days({ since, until }: { since: string; until: string }) {
  return (
    <span className="insight-days">
      <Day name="since" label={t.insight.since} value={since} />
      <span className="quiet">–</span>
      <Day name="until" label={t.insight.until} value={until} />
    </span>
  );
}

/** Up to when facts are counted. */
export function ReadUntil({ at }: { at: string | null | undefined }) {
  return at ? (
    <span className="quiet insight-read">
      {t.insight.readUntil} <Moment at={at} />
    </span>
  ) : null;
}
