/** How long it still is until a moment, second by second in the last hour. */
import { useEffect, useState } from "react";
import { remaining } from "../lib/time";
import { t } from "../texts";

export function Countdown({ until }: { until: string }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return <time dateTime={until}>{remaining(until) ?? t.time.over}</time>;
}
