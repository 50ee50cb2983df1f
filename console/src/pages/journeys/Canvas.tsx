/** The read-only map: laid out top to bottom, zoomed by hand, each node carrying its numbers. */
import {
  Background,
  BackgroundVariant,
  BaseEdge,
  Controls,
  MarkerType,
  ReactFlow,
  type Edge,
  type EdgeProps,
  type EdgeTypes,
  type Node,
  type NodeTypes,
  type ReactFlowInstance,
} from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo, useRef } from "react";
import type { JourneyGraph } from "../../api/types";
import { useThemeMode } from "../../app/ThemeMode";
import { NODE_WIDTH, place, smooth, type Layout, type Route } from "../../lib/layout";
import { t } from "../../texts";
import { NOTHING, reasonsOf, type Known } from "./figures";
import { StepNode, stepHeight, type StepData } from "./StepNode";

type RouteEdge = Edge<{ route: Route }>;

function RouteLine({ data, markerEnd }: EdgeProps<RouteEdge>) {
  if (!data) return null;
  const { points, label, labelAt } = data.route;
  return (
    <BaseEdge
      path={smooth(points)}
      markerEnd={markerEnd}
      label={label || undefined}
      labelX={labelAt.x}
      labelY={labelAt.y}
      labelBgPadding={[8, 3]}
      labelBgBorderRadius={6}
    />
  );
}

const NODE_TYPES: NodeTypes = { step: StepNode };
const EDGE_TYPES: EdgeTypes = { route: RouteLine };
/** Below this the figures are unreadable, so a wide or long journey is panned instead of shrunk. */
const READABLE = 0.72;

interface CanvasProps {
  graph: JourneyGraph;
  known: ReadonlyMap<string, Known>;
  selected: string | null;
  onSelect: (nodeId: string | null) => void;
}

function toNodes({ graph, known, selected }: CanvasProps, layout: Layout, heightOf: (nodeId: string) => number): Node<StepData>[] {
  return graph.nodes.map((node) => ({
    id: node.id,
    type: "step",
    position: layout.nodes.get(node.id) ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: heightOf(node.id),
    data: { node, known: known.get(node.id) ?? NOTHING },
    selected: node.id === selected,
    ariaLabel: node.label,
  }));
}

function toEdges(layout: Layout): RouteEdge[] {
  return layout.routes.map((route) => ({
    id: route.id,
    source: route.from,
    target: route.to,
    type: "route",
    data: { route },
    focusable: false,
    markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
  }));
}

export function Canvas(props: CanvasProps) {
  const { isDark } = useThemeMode();
  const frame = useRef<HTMLElement>(null);
  const { graph, known, selected, onSelect } = props;
  const heights = Object.fromEntries(graph.nodes.map(({ id, kind }) => [id, stepHeight(kind, reasonsOf(known.get(id) ?? NOTHING).length > 0)]));
  const shape = JSON.stringify([graph, heights]);
  const layout = useMemo(() => {
    const [drawn, high] = JSON.parse(shape) as [JourneyGraph, typeof heights];
    return place(drawn, (id) => high[id] ?? 0);
  }, [shape]);
  const nodes = toNodes(props, layout, (id) => heights[id] ?? 0);
  const edges = useMemo(() => toEdges(layout), [layout]);

  const startAtTop = (flow: ReactFlowInstance<Node<StepData>, RouteEdge>) => {
    const width = frame.current?.clientWidth ?? layout.width;
    const zoom = Math.min(1, Math.max(READABLE, width / layout.width));
    void flow.setViewport({ x: (width - layout.width * zoom) / 2, y: 0, zoom });
  };

  return (
    <section className="canvas" aria-label={t.journeys.canvas} ref={frame}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={isDark ? "dark" : "light"}
        onInit={startAtTop}
        minZoom={0.3}
        maxZoom={1.5}
        panOnScroll
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        deleteKeyCode={null}
        onNodeClick={(_, node) => onSelect(node.id === selected ? null : node.id)}
        onPaneClick={() => onSelect(null)}
        proOptions={{ hideAttribution: true }}
        ariaLabelConfig={{
          "controls.zoomIn.ariaLabel": t.journeys.zoomIn,
          "controls.zoomOut.ariaLabel": t.journeys.zoomOut,
          "controls.fitView.ariaLabel": t.journeys.fit,
        }}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.2} />
        <Controls showInteractive={false} position="bottom-left" fitViewOptions={{ padding: 0.08, maxZoom: 1 }} />
      </ReactFlow>
    </section>
  );
}
