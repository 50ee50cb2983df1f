/** A car's state, with what else has to be known about it. */
import type { CarRow } from "../../api/stock";
import { Moment } from "../../parts/Moment";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

const TONES = { draft: "idle", in_preparation: "busy", listed: "good", reserved: "warn", sold: "idle", delivered: "idle", withdrawn: "bad" } as const;

export function CarStatus({ car }: { car: CarRow }) {
  return (
    <span className="two-lines">
      <Status value={car.status.key} texts={{ [car.status.key]: car.status.label }} tone={TONES[car.status.key]} />
      {car.withdrawn_for && <small>{car.withdrawn_for.label}</small>}
      {car.unlisted_at && (
        <small className="warn">
          {t.stock.unlistedAt} <Moment at={car.unlisted_at} />
        </small>
      )}
    </span>
  );
}
