/** How far a segment is computed. */
import type { SegmentRow } from "../../api/audience";
import { Status } from "../../parts/Status";
import { t } from "../../texts";

const TONES = { waiting: "warn", computing: "busy", ready: "good", archived: "idle" } as const;

export function SegmentStatus({ segment }: { segment: SegmentRow }) {
  return <Status value={segment.status} texts={t.audience.segment.status} tone={TONES[segment.status]} />;
}
