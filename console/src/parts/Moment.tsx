/** A time: relative to read, absolute on hover; keeps itself current. */
import { Tooltip } from "antd";
import { useEffect, useState } from "react";
import { absolute, relative } from "../lib/time";
import { t } from "../texts";

export function Moment({ at }: { at: string | null }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (!at) return <span className="quiet">{t.common.none}</span>;
  return (
    <Tooltip title={`${absolute(at)} ${t.time.beijing}`}>
      <time dateTime={at}>{relative(at)}</time>
    </Tooltip>
  );
}
