/** What can be done with a journey, in its list and on its page. */
import { App, Button, type MenuProps } from "antd";
import { useNavigate } from "react-router";
import { fileOf, useCopyJourney, useRunning, type Running } from "../../api/journeys";
import type { JourneyRow } from "../../api/types";
import { saveFile } from "../../lib/files";
import { failureText } from "../../parts/Failure";
import { t } from "../../texts";

/** What can be done with one journey as it stands now; each destructive deed says first what it will do. */
/** As long as an archived journey offers to come back. */
const UNDO_SECONDS = 8;

export function useJourneyMenu() {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const copy = useCopyJourney();
  const running = useRunning();
  const l = t.editor.list;
  const failed = (error: unknown) => void message.error(failureText(error as never));
  return (journey: Pick<JourneyRow, "id" | "name" | "status" | "active"> & { archived_at?: string | null }): MenuProps => {
    const run = (action: Running, done: string) => running.mutateAsync({ id: journey.id, action }).then(() => void message.success(done), failed);
    const ask = (action: Running, title: string, content: string, done: string, danger = true) =>
      void modal.confirm({ title, content, okText: title, okButtonProps: { danger }, onOk: () => run(action, done) });
    const key = `archived-${journey.id}`;
    const archived = () =>
      void message.success({
        key,
        duration: UNDO_SECONDS,
        content: (
          <span className="undo">
            {l.archivedNow(journey.name)}
            <Button
              type="link"
              size="small"
              onClick={() => {
                message.destroy(key);
                void run("restore", l.restored);
              }}
            >
              {t.common.undo}
            </Button>
          </span>
        ),
      });
    const deeds: Record<string, () => unknown> = {
      edit: () => navigate(`/journeys/${journey.id}/edit`),
      copy: () =>
        copy.mutateAsync({ id: journey.id, name: l.copyName(journey.name).slice(0, 80) }).then((made) => {
          void message.success(l.copied);
          void navigate(`/journeys/${made.id}/edit`);
        }, failed),
      export: () => fileOf(journey.id).then((file) => saveFile(file, journey.name), failed),
      pause: () => ask("pause", l.pause, l.pauseHint(journey.active), l.paused, false),
      resume: () => run("resume", l.resumed),
      cancel: () => ask("cancel", l.cancel, l.cancelHint(journey.active), l.cancelled),
      archive: () => running.mutateAsync({ id: journey.id, action: "archive" }).then(archived, failed),
      restore: () => run("restore", l.restored),
      remove: () => ask("remove", l.remove, l.removeHint(journey.name), l.removed),
    };
    const { status, archived_at } = journey;
    const items: NonNullable<MenuProps["items"]> = [];
    if (status !== "cancelled") items.push({ key: "edit", label: t.editor.edit });
    items.push({ key: "copy", label: l.copy }, { key: "export", label: l.export });
    if (status === "active") items.push({ key: "pause", label: l.pause });
    if (status === "paused") items.push({ key: "resume", label: l.resume });
    items.push({ type: "divider" });
    if (status === "active" || status === "paused") items.push({ key: "cancel", label: l.cancel, danger: true });
    if (archived_at) items.push({ key: "restore", label: l.restore });
    else if (status === "draft" || status === "cancelled") items.push({ key: "archive", label: l.archive });
    if (status === "draft") items.push({ key: "remove", label: l.remove, danger: true });
    return { items, onClick: ({ key }) => void deeds[key]?.() };
  };
}
