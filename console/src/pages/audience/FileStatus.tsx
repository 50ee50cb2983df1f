/** How far a file is taken over. */
import { Progress } from "antd";
import type { PeopleFile } from "../../api/audience";
import { Status } from "../../parts/Status";

const TONES = { waiting: "warn", running: "busy", done: "good", refused: "bad", undoing: "busy", undone: "idle" } as const;

export function FileStatus({ file }: { file: PeopleFile }) {
  return (
    <span className="file-status">
      <Status value={file.status} texts={{ [file.status]: file.status_label }} tone={TONES[file.status]} />
      {file.status === "running" && <Progress percent={file.progress} size="small" aria-label={file.status_label} />}
    </span>
  );
}
