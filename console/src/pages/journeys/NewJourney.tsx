/** How a journey begins: from an empty sheet, a ready-made one for cars, or a file of another brand. */
import { FileAddOutlined, FolderOpenOutlined } from "@ant-design/icons";
import { App, Drawer, Skeleton } from "antd";
import { useRef } from "react";
import { useNavigate } from "react-router";
import { useReadFile, useStart, useStarters } from "../../api/journeys";
import { useIsPhone } from "../../app/ThemeMode";
import { Failure, failureText } from "../../parts/Failure";
import { t } from "../../texts";

export function Starters() {
  const { message } = App.useApp();
  const navigate = useNavigate();
  const starters = useStarters();
  const start = useStart();
  const readFile = useReadFile();
  const file = useRef<HTMLInputElement>(null);
  const begin = (name: string, template?: string) =>
    start.mutate(
      { name, ...(template ? { template } : {}) },
      { onSuccess: (made) => void navigate(`/journeys/${made.id}/edit`), onError: (error) => void message.error(failureText(error)) },
    );
  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    let content: unknown;
    try {
      content = JSON.parse(await chosen.text());
    } catch {
      return void message.error(t.editor.list.fileBad);
    }
    readFile.mutate(
      { file: content },
      {
        onSuccess: ({ journey, needs }) => {
          const missing = needs.filter((one) => !one.found).length;
          if (missing > 0) void message.info(t.editor.list.fileNeeds(missing));
          void navigate(`/journeys/${journey.id}/edit`);
        },
        onError: (error) => void message.error(failureText(error)),
      },
    );
  };
  const isBusy = start.isPending || readFile.isPending;
  return (
    <div className="starters">
      <div className="starter-row">
        <button type="button" className="starter" disabled={isBusy} onClick={() => begin(t.editor.list.blankName)}>
          <FileAddOutlined aria-hidden />
          <strong>{t.editor.list.blank}</strong>
          <small className="quiet">{t.editor.list.blankHint}</small>
        </button>
        <button type="button" className="starter" disabled={isBusy} onClick={() => file.current?.click()}>
          <FolderOpenOutlined aria-hidden />
          <strong>{t.editor.list.file}</strong>
          <small className="quiet">{t.editor.list.fileHint}</small>
        </button>
        <input
          ref={file}
          type="file"
          accept="application/json,.json"
          hidden
          onChange={(event) => {
            void read(event.target.files?.[0]);
            event.target.value = "";
          }}
        />
      </div>
      <h3>{t.editor.list.templates}</h3>
      {starters.error ? (
        <Failure error={starters.error} retry={() => void starters.refetch()} />
      ) : !starters.data ? (
        <Skeleton active />
      ) : (
        <div className="starter-row">
          {starters.data.items.map(({ key, name, description }) => (
            <button key={key} type="button" className="starter" disabled={isBusy} onClick={() => begin(name, key)}>
              <strong>{name}</strong>
              <small className="quiet">{description}</small>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

export function NewJourney({ open, onClose }: { open: boolean; onClose: () => void }) {
  const phone = useIsPhone();
  return (
    <Drawer open={open} onClose={onClose} title={t.editor.list.create} placement={phone ? "bottom" : "right"} size={phone ? "86%" : 560} destroyOnHidden>
      <Starters />
    </Drawer>
  );
}
