/** How many people a failed step holds: somebody has to look. */
import { t } from "../../texts";

export function Stuck({ count }: { count: number }) {
  return (
    <span className="stuck">
      {t.results.figures["stuck"]} {t.common.count(count)}
    </span>
  );
}
