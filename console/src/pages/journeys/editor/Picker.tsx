/** What can be put at a place: every kind of step by group, and the steps that are there to lead to. */
import { SearchOutlined } from "@ant-design/icons";
import { Button, Input, type InputRef } from "antd";
import { useEffect, useRef, useState } from "react";
import { joinRefusal, refusal, targetOf, type DraftGraph, type Place } from "../../../lib/graph";
import { t } from "../../../texts";
import { grouped, iconOf, startOf } from "./kinds";
import { useKnowledge } from "./knowledge";

interface PickerProps {
  graph: DraftGraph;
  place: Place;
  at: { left: number; top: number };
  onPick: (kind: string) => void;
  onJoin: (to: string | null) => void;
  onClose: () => void;
}

export function Picker({ graph, place, at, onPick, onJoin, onClose }: PickerProps) {
  const { palette, portsOf, labelOf, rests } = useKnowledge();
  const [sought, setSought] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const search = useRef<InputRef>(null);
  useEffect(() => search.current?.focus(), []);
  useEffect(() => {
    const away = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) onClose();
    };
    addEventListener("pointerdown", away);
    return () => removeEventListener("pointerdown", away);
  }, [onClose]);
  const fits = (label: string) => label.toLowerCase().includes(sought.trim().toLowerCase());
  const groups = grouped(palette)
    .map((group) => ({ ...group, kinds: group.kinds.filter((kind) => fits(kind.label)) }))
    .filter((group) => group.kinds.length > 0);
  const behind = targetOf(graph, place);
  const joins = graph.nodes.filter((node) => node.id !== behind && fits(labelOf(node)) && !joinRefusal(graph, place, node.id, rests));
  return (
    <div
      className="picker"
      ref={box}
      role="dialog"
      aria-label={t.editor.pickTitle}
      style={at}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
        event.stopPropagation();
      }}
    >
      <Input
        ref={search}
        prefix={<SearchOutlined className="quiet" />}
        placeholder={t.editor.pickSearch}
        aria-label={t.editor.pickSearch}
        value={sought}
        onChange={(event) => setSought(event.target.value)}
        allowClear
      />
      <div className="picker-list">
        {groups.map((group) => (
          <section key={group.group} aria-label={group.label}>
            <h3>{group.label}</h3>
            <div className="picker-kinds">
              {group.kinds.map(({ kind, label }) => {
                const why = refusal(graph, place, { id: "", kind, config: startOf(kind) }, portsOf);
                return (
                  <button
                    key={kind}
                    type="button"
                    className={`pick pick-${group.group}`}
                    aria-disabled={why !== null}
                    title={why ? t.editor.refusals[why] : label}
                    onClick={() => why === null && onPick(kind)}
                  >
                    {iconOf(kind)}
                    <span className="ellipsis">{label}</span>
                  </button>
                );
              })}
            </div>
          </section>
        ))}
        {groups.length === 0 && joins.length === 0 && <p className="quiet">{t.editor.pickNothing}</p>}
        {joins.length > 0 && (
          <section aria-label={t.editor.joinTitle}>
            <h3>{t.editor.joinTitle}</h3>
            {joins.slice(0, 30).map((node) => (
              <button key={node.id} type="button" className="pick pick-join" onClick={() => onJoin(node.id)}>
                {iconOf(node.kind)}
                <span className="ellipsis">{labelOf(node)}</span>
              </button>
            ))}
          </section>
        )}
        {behind && (
          <Button size="small" type="text" danger block onClick={() => onJoin(null)}>
            {t.editor.cut}
          </Button>
        )}
      </div>
    </div>
  );
}
