/** One step on the map; what was skipped or failed is as large as what was sent, with its reasons under it. */
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { JourneyNode } from "../../api/types";
import { t } from "../../texts";
import { brief, PER_ROW, reasonsOf, shownOf, valueOf, type Known } from "./figures";
import { iconOf } from "./editor/kinds";
import { Stuck } from "./Stuck";

export interface StepData extends Record<string, unknown> {
  node: JourneyNode;
  known: Known;
}

/** As many reasons as a step has room for. */
const REASONS = 2;

/** In pixels, known before drawing, because the layout needs it. */
export function stepHeight(kind: string, hasReasons: boolean): number {
  return 82 + Math.ceil(shownOf(kind).length / PER_ROW) * 50 + (hasReasons ? 26 : 0);
}

export function Figures({ kind, known }: { kind: string; known: Known }) {
  return (
    <dl className="step-figures">
      {shownOf(kind).map((figure) => {
        const value = valueOf(known, figure);
        return (
          <div key={figure} className={value > 0 ? `figure-${figure}` : "figure-zero"}>
            <dd title={t.common.count(value)}>{brief(value)}</dd>
            <dt>{t.results.figures[figure]}</dt>
          </div>
        );
      })}
    </dl>
  );
}

function Reasons({ known }: { known: Known }) {
  const reasons = reasonsOf(known).slice(0, REASONS);
  if (reasons.length === 0) return null;
  return (
    <p className="step-reasons ellipsis">
      {reasons.map(({ figure, detail, label, times }) => (
        <span key={`${figure}.${detail}`} title={t.results.reason(t.results.figures[figure] ?? figure, label)}>
          {label} <b>{brief(times)}</b>
        </span>
      ))}
    </p>
  );
}

export const StepNode = memo(function StepNode({ data, selected }: NodeProps<Node<StepData>>) {
  const { node, known } = data;
  return (
    <div className={`step step-${node.kind}${selected ? " step-selected" : ""}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <header>
        <span className="step-icon">{iconOf(node.kind)}</span>
        <span className="step-text">
          <strong className="ellipsis">{node.label}</strong>
          <small className="ellipsis" title={node.summary}>
            {node.summary || (t.journeys.kinds[node.kind] === node.label ? "" : t.journeys.kinds[node.kind])}
          </small>
        </span>
        {known.stuck ? <Stuck count={known.stuck} /> : null}
      </header>
      <Figures kind={node.kind} known={known} />
      <Reasons known={known} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
});
