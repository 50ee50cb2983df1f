/** A way from a step to the next, with a plus on it where a step can be put in. */
import { PlusOutlined } from "@ant-design/icons";
import { BaseEdge, EdgeLabelRenderer, type Edge, type EdgeProps } from "@xyflow/react";
import { memo, useState } from "react";
import { smooth, type Point, type Route } from "../../../lib/layout";
import { t } from "../../../texts";
import { useActs } from "./acts";
import { placeOfRoute } from "./shape";

export interface LineData extends Record<string, unknown> {
  route: Route;
  name: string;
  /** A way that leads nowhere yet has its plus at its end. */
  isOpen: boolean;
  isLit: boolean;
}

const at = (point: Point) => ({ transform: `translate(-50%, -50%) translate(${point.x}px, ${point.y}px)` });

/** Just above where the line arrives, so that lines that meet keep a plus each. */
function plusAt({ points, label, labelAt }: Route): Point {
  const [before, last] = [points.at(-2), points.at(-1)];
  if (!before || !last) return labelAt;
  const share = label ? 0.72 : 0.5;
  return points.length === 2
    ? { x: before.x + (last.x - before.x) * share, y: before.y + (last.y - before.y) * share }
    : { x: before.x + (last.x - before.x) * 0.5, y: before.y + (last.y - before.y) * 0.5 };
}

function Plus({ route, name }: { route: Route; name: string }) {
  const { carried, pick, put, refused } = useActs();
  const [over, setOver] = useState(false);
  const place = placeOfRoute(route.id);
  const refusal = carried ? refused(place) : null;
  return (
    <button
      type="button"
      className={`eplus nodrag nopan${carried ? (refusal ? " drop-shut" : " drop-open") : ""}${over && !refusal ? " drop-over" : ""}`}
      style={at(plusAt(route))}
      aria-label={name}
      title={refusal ? t.editor.refusals[refusal] : name}
      onClick={(event) => pick(place, event.currentTarget.getBoundingClientRect())}
      onDragOver={(event) => {
        if (carried && !refusal) event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        if (carried) put(place, carried);
      }}
    >
      <PlusOutlined aria-hidden />
    </button>
  );
}

export const EditorLine = memo(function EditorLine({ data, markerEnd }: EdgeProps<Edge<LineData>>) {
  if (!data) return null;
  const { route, name, isOpen, isLit } = data;
  return (
    <>
      <BaseEdge path={smooth(route.points)} markerEnd={isOpen ? undefined : markerEnd} className={isLit ? "line-lit" : isOpen ? "line-open" : ""} />
      <EdgeLabelRenderer>
        {route.label && (
          <span className="eway" style={at(route.label && route.points.length === 2 ? between(route) : route.labelAt)}>
            {route.label}
          </span>
        )}
        {!isOpen && <Plus route={route} name={name} />}
      </EdgeLabelRenderer>
    </>
  );
});

function between({ points }: Route): Point {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return { x: 0, y: 0 };
  return { x: first.x + (last.x - first.x) * 0.36, y: first.y + (last.y - first.y) * 0.36 };
}
