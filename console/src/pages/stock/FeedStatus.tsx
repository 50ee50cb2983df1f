/** How far a feed is taken over. */
import { Progress } from "antd";
import type { Feed } from "../../api/stock";
import { Status } from "../../parts/Status";

const TONES = { waiting: "warn", running: "busy", held: "warn", done: "good", refused: "bad", discarded: "idle" } as const;

export function FeedStatus({ feed }: { feed: Feed }) {
  return (
    <span className="file-status">
      <Status value={feed.status} texts={{ [feed.status]: feed.status_label }} tone={TONES[feed.status]} />
      {feed.status === "running" && <Progress percent={feed.progress} size="small" aria-label={feed.status_label} />}
    </span>
  );
}
