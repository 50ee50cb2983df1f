/** A car's pictures: the cover first, moved by a press, taken off and put back. */
import { ArrowLeftOutlined, ArrowRightOutlined, DeleteOutlined, PlusOutlined, UndoOutlined } from "@ant-design/icons";
import { App, Button, Image, Progress, Skeleton, Tooltip, Upload } from "antd";
import { useState } from "react";
import { useAlbum, usePhotos, usePutUp, type Photo } from "../../api/stock";
import type { ApiError } from "../../api/client";
import { Failure, failureText } from "../../parts/Failure";
import { Nothing } from "../../parts/Nothing";
import { t } from "../../texts";

const p = t.stock.photos;

function Picture({ photo, children }: { photo: Photo; children?: React.ReactNode }) {
  return (
    <div className="photo">
      {photo.ready && photo.url ? <Image src={photo.url} alt={photo.alt} /> : <span className="photo-making">{p.making}</span>}
      {children}
    </div>
  );
}

interface HandleProps {
  label: string;
  icon: React.ReactNode;
  disabled: boolean;
  onClick: () => void;
}

function Handle({ label, ...button }: HandleProps) {
  return (
    <Tooltip title={label}>
      <Button size="small" type="text" aria-label={label} {...button} />
    </Tooltip>
  );
}

function swapped(photos: Photo[], at: number, to: number): string[] {
  const ids = photos.map((one) => one.id);
  [ids[at], ids[to]] = [ids[to]!, ids[at]!];
  return ids;
}

function PutUp({ id }: { id: string }) {
  const { message } = App.useApp();
  const [percent, setPercent] = useState(0);
  const putUp = usePutUp(id, setPercent);
  return (
    <div className="photo-add">
      <Upload
        accept="image/jpeg,image/png,image/webp"
        showUploadList={false}
        disabled={putUp.isPending}
        beforeUpload={(file) => {
          setPercent(0);
          putUp.mutate(file, { onError: (error) => void message.error(wordsOf(error)) });
          return false;
        }}
      >
        <Button icon={<PlusOutlined />} loading={putUp.isPending}>
          {p.add}
        </Button>
      </Upload>
      {putUp.isPending ? <Progress percent={percent} size="small" aria-label={p.sending(percent)} /> : <small className="quiet">{p.hint}</small>}
    </div>
  );
}

/** Why a picture was not taken, in the platform's words. */
function wordsOf(error: ApiError): string {
  const reason = error.details["reason"];
  return typeof reason === "string" ? `${error.message} ${reason}` : failureText(error);
}

export function Photos({ id }: { id: string }) {
  const { message } = App.useApp();
  const album = useAlbum(id);
  const change = usePhotos(id);
  if (album.error) return <Failure error={album.error} retry={() => void album.refetch()} />;
  if (!album.data) return <Skeleton active />;
  const { items, taken_off } = album.data;
  const run = (what: Parameters<typeof change.mutate>[0]) => change.mutate(what, { onError: (error) => void message.error(failureText(error)) });
  return (
    <div className="stack">
      <PutUp id={id} />
      {items.length === 0 && <Nothing title={p.empty} hint={p.emptyHint} />}
      <Image.PreviewGroup>
        <ul className="photos">
          {items.map((photo, at) => (
            <li key={photo.id} aria-label={p.one(at + 1)}>
              <Picture photo={photo}>{at === 0 && <span className="photo-cover">{p.cover}</span>}</Picture>
              <div className="photo-handles">
                <Handle label={p.earlier} icon={<ArrowLeftOutlined />} disabled={at === 0 || change.isPending} onClick={() => run({ does: "arrange", ids: swapped(items, at, at - 1) })} />
                <Handle label={p.later} icon={<ArrowRightOutlined />} disabled={at === items.length - 1 || change.isPending} onClick={() => run({ does: "arrange", ids: swapped(items, at, at + 1) })} />
                <Handle label={p.takeOff} icon={<DeleteOutlined />} disabled={change.isPending} onClick={() => run({ does: "take_off", photo })} />
              </div>
            </li>
          ))}
        </ul>
      </Image.PreviewGroup>
      {taken_off.length > 0 && (
        <details className="photos-off">
          <summary>
            {p.removed} {taken_off.length}
          </summary>
          <ul className="photos">
            {taken_off.map((photo) => (
              <li key={photo.id}>
                <Picture photo={photo} />
                <div className="photo-handles">
                  <Handle label={p.putBack} icon={<UndoOutlined />} disabled={change.isPending} onClick={() => run({ does: "put_back", photo })} />
                </div>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
