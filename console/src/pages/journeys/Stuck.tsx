/** How many people a failed step holds: somebody has to look. */
import { t } from "../../texts/zh-CN";

export function Stuck({ count }: { count: number }) {
  return (
    <span className="stuck">
      {t.journeys.numbers["stuck"]} {t.common.count(count)}
    </span>
  );
}
