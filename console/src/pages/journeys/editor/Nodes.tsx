/** What stands on the canvas: the entry, steps, places for a next step, and notes. */
import { CloseOutlined, ExclamationCircleFilled, PlusOutlined } from "@ant-design/icons";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, useState } from "react";
import type { Place } from "../../../lib/graph";
import { t } from "../../../texts";
import { useActs } from "./acts";
import { iconOf } from "./kinds";

export type Mark = "error" | "warning" | null;
export type Light = "passed" | "stands" | "dark" | null;

export interface StepData extends Record<string, unknown> {
  kind: string;
  label: string;
  kindLabel: string;
  summary: string;
  mark: Mark;
  light: Light;
}

const light = (value: Light) => (value ? ` lit-${value}` : "");

function Handles() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

export const EditorStep = memo(function EditorStep({ data, selected }: NodeProps<Node<StepData>>) {
  const { kind, label, kindLabel, summary, mark } = data;
  const below = summary || (label === kindLabel ? "" : kindLabel);
  return (
    <div className={`estep estep-${kind}${selected ? " estep-selected" : ""}${mark ? ` estep-${mark}` : ""}${light(data.light)}`}>
      <span className="step-icon">{iconOf(kind)}</span>
      <span className="step-text">
        <strong className="ellipsis">{label}</strong>
        {below && (
          <small className="estep-summary" title={below}>
            {below}
          </small>
        )}
      </span>
      {mark && <ExclamationCircleFilled className={`estep-mark estep-mark-${mark}`} aria-hidden />}
      <Handles />
    </div>
  );
});

export interface EntryData extends Record<string, unknown> {
  lines: string[];
  mark: Mark;
  light: Light;
}

export const EditorEntry = memo(function EditorEntry({ data, selected }: NodeProps<Node<EntryData>>) {
  const { carried, putTrigger } = useActs();
  const takes = carried?.part === "triggers";
  return (
    <div
      className={`estep estep-entry${selected ? " estep-selected" : ""}${takes ? " drop-open" : ""}${data.mark ? ` estep-${data.mark}` : ""}${light(data.light)}`}
      onDragOver={(event) => takes && event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (takes) putTrigger(carried);
      }}
    >
      <span className="step-icon">{iconOf("trigger")}</span>
      <span className="step-text">
        <strong>{t.editor.entry}</strong>
        {data.lines.length === 0 ? (
          <small className="estep-summary">{t.editor.noTrigger}</small>
        ) : (
          <small className="estep-summary" title={data.lines.join("\n")}>
            {t.say.list(data.lines.slice(0, 2))}
            {data.lines.length > 2 && ` +${data.lines.length - 2}`}
          </small>
        )}
      </span>
      {data.mark && <ExclamationCircleFilled className={`estep-mark estep-mark-${data.mark}`} aria-hidden />}
      <Handles />
    </div>
  );
});

export interface OpenData extends Record<string, unknown> {
  place: Place;
  name: string;
  isFirst: boolean;
}

export const EditorOpen = memo(function EditorOpen({ data }: NodeProps<Node<OpenData>>) {
  const { carried, pick, put, refused } = useActs();
  const [over, setOver] = useState(false);
  const refusal = carried ? refused(data.place) : null;
  return (
    <>
      <button
        type="button"
        className={`eopen nodrag nopan${carried ? (refusal ? " drop-shut" : " drop-open") : ""}${over && !refusal ? " drop-over" : ""}`}
        aria-label={data.name}
        title={refusal ? t.editor.refusals[refusal] : data.name}
        onClick={(event) => pick(data.place, event.currentTarget.getBoundingClientRect())}
        onDragOver={(event) => {
          if (carried && !refusal) event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          event.stopPropagation();
          setOver(false);
          if (carried) put(data.place, carried);
        }}
      >
        <PlusOutlined aria-hidden /> {data.isFirst ? t.editor.startHere : t.editor.nextStep}
      </button>
      <Handles />
    </>
  );
});

export interface NoteData extends Record<string, unknown> {
  text: string;
}

export const EditorNote = memo(function EditorNote({ id, data, selected }: NodeProps<Node<NoteData>>) {
  const { note, removeNote } = useActs();
  return (
    <div className={`enote${selected ? " enote-selected" : ""}`}>
      <button type="button" className="enote-remove nodrag" aria-label={`${t.editor.remove}${t.editor.note}`} onClick={() => removeNote(id)}>
        <CloseOutlined />
      </button>
      <textarea
        className="nodrag nowheel"
        aria-label={t.editor.noteText}
        placeholder={t.editor.noteEmpty}
        maxLength={500}
        value={data.text}
        onChange={(event) => note(id, event.target.value)}
      />
    </div>
  );
});
