/** The sheet on which a journey is drawn: placed by itself top to bottom; notes alone stand where a hand puts them. */
import {
  Background,
  BackgroundVariant,
  Controls,
  MarkerType,
  MiniMap,
  Position,
  ReactFlow,
  type Edge,
  type EdgeTypes,
  type Node,
  type NodeChange,
  type NodeTypes,
  type ReactFlowInstance,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { memo, useEffect, useMemo, useRef, type ReactNode } from "react";
import { useThemeMode, useIsPhone } from "../../../app/ThemeMode";
import type { DraftGraph } from "../../../lib/graph";
import { NODE_WIDTH } from "../../../lib/layout";
import { t } from "../../../texts";
import { useKnowledge } from "./knowledge";
import { EditorLine, type LineData } from "./Lines";
import { EditorEntry, EditorNote, EditorOpen, EditorStep, type Light, type Mark } from "./Nodes";
import { ENTRY, heightOf, isPlaceholder, START, type Shape, widthOf } from "./shape";

const NODE_TYPES: NodeTypes = { step: EditorStep, entry: EditorEntry, open: EditorOpen, note: EditorNote };
const EDGE_TYPES: EdgeTypes = { line: EditorLine };
const READABLE = 0.7;
const NOTE = { width: 200, height: 120 };

interface CanvasProps {
  graph: DraftGraph;
  shape: Shape;
  selection: readonly string[];
  onSelect: (change: (before: readonly string[]) => readonly string[]) => void;
  marks: ReadonlyMap<string, Mark>;
  /** The steps and ways of a simulation; null while nobody looks at one. */
  lit: { steps: ReadonlyMap<string, Light>; ways: ReadonlySet<string> } | null;
  onMoveNote: (id: string, at: { x: number; y: number }) => void;
  children?: ReactNode;
}

const handles = (width: number, height: number) => [
  { type: "target" as const, position: Position.Top, x: width / 2, y: 0, width: 1, height: 1 },
  { type: "source" as const, position: Position.Bottom, x: width / 2, y: height, width: 1, height: 1 },
];

function boxed(id: string, layout: Shape["layout"], more: Pick<Node, "type" | "data" | "selected" | "ariaLabel"> & Partial<Node>): Node {
  const [width, height] = [widthOf(id, NODE_WIDTH), heightOf(id)];
  return {
    id,
    position: layout.nodes.get(id) ?? { x: 0, y: 0 },
    width,
    height,
    measured: { width, height },
    handles: handles(width, height),
    draggable: false,
    ...more,
  };
}

/** The very object of before where nothing in it is another, so that a stroke draws anew only what it changed. */
function useSame<T extends { id: string }>(made: T[]): T[] {
  const before = useRef(new Map<string, [string, T]>());
  return useMemo(() => {
    const now = new Map<string, [string, T]>();
    const kept = made.map((one) => {
      const text = JSON.stringify(one);
      const known = before.current.get(one.id);
      const same = known && known[0] === text ? known : ([text, one] as [string, T]);
      now.set(one.id, same);
      return same[1];
    });
    before.current = now;
    return kept;
  }, [made]);
}

export const EditorCanvas = memo(function EditorCanvas({ graph, shape, selection, onSelect, marks, lit, onMoveNote, children }: CanvasProps) {
  const { isDark } = useThemeMode();
  const phone = useIsPhone();
  const frame = useRef<HTMLDivElement>(null);
  const { palette, told, labelOf, kindOf } = useKnowledge();
  const triggerLabels = useMemo(() => new Map(palette.triggers.map((kind) => [kind.kind, kind.label])), [palette]);
  const { layout, open } = shape;

  const drawn = useMemo(() => {
    const light = (id: string): Light => (lit ? (lit.steps.get(id) ?? "dark") : null);
    const name = (id: string) => (id === ENTRY ? t.editor.entry : labelOf(graph.nodes.find((node) => node.id === id) ?? { id, kind: id, config: {} }));
    const lines = graph.triggers.map(({ kind, config }) => told("triggers", kind, config)?.summary || (triggerLabels.get(kind) ?? kind));
    const entry = boxed(ENTRY, layout, {
      type: "entry",
      data: { lines, mark: marks.get(ENTRY) ?? null, light: lit ? "passed" : null },
      selected: selection.includes(ENTRY),
      ariaLabel: t.editor.entry,
    });
    const steps = graph.nodes.map((node) => {
      const label = labelOf(node);
      const summary = told("nodes", node.kind, node.config)?.summary ?? "";
      return boxed(node.id, layout, {
        type: "step",
        data: { kind: node.kind, label, kindLabel: kindOf(node.kind)?.label ?? node.kind, summary, mark: marks.get(node.id) ?? null, light: light(node.id) },
        selected: selection.includes(node.id),
        ariaLabel: summary ? t.say.and(label, summary) : label,
      });
    });
    const ends = [...open].map(([id, { place, from, label }]) =>
      boxed(id, layout, {
        type: "open",
        data: { place, name: id === START ? t.editor.startHere : t.editor.addAfter(name(from), label), isFirst: id === START },
        selected: false,
        ariaLabel: "",
        selectable: false,
        focusable: false,
      }),
    );
    const notes = graph.notes.map(
      (note): Node => ({
        id: note.id,
        type: "note",
        position: { x: note.x, y: note.y },
        ...NOTE,
        measured: NOTE,
        data: { text: note.text },
        selected: selection.includes(note.id),
        ariaLabel: t.editor.note,
      }),
    );
    const ways = layout.routes.map(
      (route): Edge<LineData> => ({
        id: route.id,
        source: route.from,
        target: route.to,
        type: "line",
        data: {
          route,
          name: t.editor.insertHere(name(route.from), isPlaceholder(route.to) ? "" : name(route.to)),
          isOpen: isPlaceholder(route.to),
          isLit: lit?.ways.has(route.id) ?? false,
        },
        focusable: false,
        selectable: false,
        markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
      }),
    );
    return { nodes: [entry, ...steps, ...ends, ...notes], ways };
  }, [graph, layout, open, selection, marks, lit, told, labelOf, kindOf, triggerLabels]);
  const nodes = useSame(drawn.nodes);
  const edges = useSame(drawn.ways);

  const flow = useRef<ReactFlowInstance | null>(null);
  const startAtTop = (instance: ReactFlowInstance) => {
    flow.current = instance;
    const width = frame.current?.clientWidth ?? layout.width;
    const zoom = Math.min(1, Math.max(READABLE, width / layout.width));
    const entry = layout.nodes.get(ENTRY);
    const middle = entry ? (entry.x + NODE_WIDTH / 2) * zoom : (layout.width * zoom) / 2;
    void instance.setViewport({ x: width / 2 - middle, y: 8, zoom });
  };

  // Whatever is chosen by keys is brought into view; the window's own scrolling would not find it.
  const chosen = selection.length === 1 ? selection[0] : undefined;
  useEffect(() => {
    const [instance, element] = [flow.current, frame.current];
    const corner = chosen ? layout.nodes.get(chosen) : undefined;
    if (!instance || !element || !corner || !chosen) return;
    const { x, y, zoom } = instance.getViewport();
    const [left, top] = [corner.x * zoom + x, corner.y * zoom + y];
    const [right, bottom] = [left + NODE_WIDTH * zoom, top + heightOf(chosen) * zoom];
    const margin = 12;
    const dx = left < margin ? margin - left : right > element.clientWidth - margin ? element.clientWidth - margin - right : 0;
    const dy = top < margin ? margin - top : bottom > element.clientHeight - margin ? element.clientHeight - margin - bottom : 0;
    if (dx || dy) void instance.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 160 });
  }, [chosen, layout]);

  const onNodesChange = (changes: NodeChange[]) => {
    const chosen = changes.flatMap((change) => (change.type === "select" ? [change] : []));
    if (chosen.length > 0)
      onSelect((before) => {
        const after = new Set(before);
        for (const { id, selected } of chosen) if (selected && !isPlaceholder(id)) after.add(id);
        else after.delete(id);
        return [...after];
      });
    for (const change of changes) if (change.type === "position" && change.position) onMoveNote(change.id, change.position);
  };

  return (
    <div className="canvas ecanvas" ref={frame} role="group" aria-label={t.journeys.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={isDark ? "dark" : "light"}
        onInit={startAtTop as never}
        onNodesChange={onNodesChange}
        minZoom={0.2}
        maxZoom={1.5}
        panOnScroll
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        disableKeyboardA11y
        onlyRenderVisibleElements={graph.nodes.length > 60}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          "controls.zoomIn.ariaLabel": t.journeys.zoomIn,
          "controls.zoomOut.ariaLabel": t.journeys.zoomOut,
          "controls.fitView.ariaLabel": t.journeys.fit,
          "minimap.ariaLabel": t.editor.minimap,
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.2} />
        <Controls showInteractive={false} position="bottom-left" fitViewOptions={{ padding: 0.08, maxZoom: 1 }} />
        {!phone && <MiniMap pannable zoomable position="bottom-right" nodeBorderRadius={12} className="eminimap" style={{ width: 150, height: 104 }} />}
        {children}
      </ReactFlow>
    </div>
  );
});
