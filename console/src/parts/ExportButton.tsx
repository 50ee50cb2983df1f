/** A list as a file: a worker writes it while its progress is shown, and it can be stopped. */
import { DownloadOutlined } from "@ant-design/icons";
import { App, Button, Modal, Progress } from "antd";
import { useState } from "react";
import { exportAddress, isBeingWritten, useAskExport, useCancelExport, useExportFile } from "../api/exports";
import { t } from "../texts";
import { failureText } from "./Failure";

function Writing({ id, close }: { id: string; close: () => void }) {
  const { message } = App.useApp();
  const found = useExportFile(id);
  const cancel = useCancelExport();
  const file = found.data;
  const writing = isBeingWritten(file);
  const stop = () => cancel.mutate(id, { onSuccess: close, onError: (error) => void message.error(failureText(error)) });
  return (
    <Modal
      open
      title={file?.name ?? t.exports.title}
      onCancel={close}
      width={420}
      footer={
        writing ? (
          <Button danger onClick={stop} loading={cancel.isPending}>
            {t.exports.stop}
          </Button>
        ) : (
          file?.status === "done" && (
            <a href={exportAddress(id)} download>
              <Button type="primary" icon={<DownloadOutlined />}>
                {t.exports.download}
              </Button>
            </a>
          )
        )
      }
    >
      {found.error ? (
        <p className="bad">{failureText(found.error)}</p>
      ) : (
        <div aria-live="polite">
          {file?.progress !== null && file?.progress !== undefined && <Progress percent={file.progress} status={writing ? "active" : "normal"} />}
          <p className={file?.error_label ? "bad" : "quiet"}>{file?.error_label ?? t.exports.rows(file?.status_label ?? t.exports.asking, file?.rows ?? 0)}</p>
          {writing && <small className="quiet">{t.exports.hint}</small>}
        </div>
      )}
    </Modal>
  );
}

/** `asked`: which rows, as the list's own filters say; what is not filled in is left out. */
export function ExportButton({ list, asked }: { list: string; asked: object }) {
  const { message } = App.useApp();
  const [id, setId] = useState<string | null>(null);
  const ask = useAskExport();
  const begin = () =>
    ask.mutate(
      { list, asked: Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== null && value !== "")) },
      { onSuccess: (file) => setId(file.id), onError: (error) => void message.error(failureText(error)) },
    );
  return (
    <>
      <Button icon={<DownloadOutlined />} loading={ask.isPending} onClick={begin}>
        {t.exports.ask}
      </Button>
      {id && <Writing id={id} close={() => setId(null)} />}
    </>
  );
}
