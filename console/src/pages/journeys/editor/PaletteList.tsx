/** Every kind of step and trigger by group, to be dragged onto the sheet or put behind the chosen step by a click. */
import { memo } from "react";
import { t } from "../../../texts";
import type { Carried } from "./acts";
import { grouped, iconOf } from "./kinds";
import { useKnowledge } from "./knowledge";

interface PaletteProps {
  onCarry: (carried: Carried | null) => void;
  onPick: (carried: Carried) => void;
}

export const PaletteList = memo(function PaletteList({ onCarry, onPick }: PaletteProps) {
  const { palette } = useKnowledge();
  const triggers = { group: "start", label: t.editor.groups["start"] ?? "", kinds: palette.triggers };
  return (
    <nav className="palette" aria-label={t.editor.palette}>
      <p className="quiet palette-hint">{t.editor.paletteHint}</p>
      {[...grouped(palette), triggers].map((group) => (
        <section key={group.group} aria-label={group.label}>
          <h3>{group.label}</h3>
          {group.kinds.map(({ kind, label }) => {
            const carried: Carried = { part: group === triggers ? "triggers" : "nodes", kind };
            return (
              <button
                key={kind}
                type="button"
                className={`pick pick-${group.group}`}
                draggable
                onDragStart={(event) => {
                  event.dataTransfer.setData("text/plain", label);
                  event.dataTransfer.effectAllowed = "copy";
                  onCarry(carried);
                }}
                onDragEnd={() => onCarry(null)}
                onClick={() => onPick(carried)}
              >
                {iconOf(kind)}
                <span className="ellipsis">{label}</span>
              </button>
            );
          })}
        </section>
      ))}
    </nav>
  );
});
