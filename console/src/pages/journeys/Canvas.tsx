/** The read-only map: laid out top to bottom, zoomed by hand, each node carrying its numbers. */
import { Background, BackgroundVariant, Controls, ReactFlow, type Edge, type Node, type NodeTypes } from "@xyflow/react";
import "@xyflow/react/dist/style.css";
import { useMemo } from "react";
import type { Journey, JourneyNode, NodeNumbers } from "../../api/types";
import { useThemeMode } from "../../app/ThemeMode";
import { NODE_WIDTH, place } from "../../lib/layout";
import { t } from "../../texts/zh-CN";
import { figuresOf, StepNode, stepHeight, type StepData } from "./StepNode";

const NODE_TYPES: NodeTypes = { step: StepNode };

interface CanvasProps {
  journey: Journey;
  selected: string | null;
  onSelect: (nodeId: string | null) => void;
}

function toNodes(nodes: JourneyNode[], places: ReturnType<typeof place>, numbers: Record<string, NodeNumbers>, selected: string | null) {
  const at = new Map(places.map((one) => [one.id, one]));
  return nodes.map(
    (node): Node<StepData> => ({
      id: node.id,
      type: "step",
      position: { x: at.get(node.id)?.x ?? 0, y: at.get(node.id)?.y ?? 0 },
      width: NODE_WIDTH,
      height: stepHeight(node.kind),
      data: { node, figures: figuresOf(node.kind, numbers[node.id]) },
      selected: node.id === selected,
      ariaLabel: node.label,
    }),
  );
}

export function Canvas({ journey, selected, onSelect }: CanvasProps) {
  const { isDark } = useThemeMode();
  const { graph, numbers } = journey;
  const places = useMemo(() => {
    const kinds = new Map(graph.nodes.map((node) => [node.id, node.kind]));
    return place(graph, (id) => stepHeight(kinds.get(id) ?? ""));
  }, [graph]);
  const nodes = useMemo(() => toNodes(graph.nodes, places, numbers, selected), [graph, places, numbers, selected]);
  const edges = useMemo(
    () =>
      graph.edges.map(
        (edge): Edge => ({
          id: `${edge.from}/${edge.port}`,
          source: edge.from,
          target: edge.to,
          type: "smoothstep",
          label: edge.port_label || undefined,
          focusable: false,
        }),
      ),
    [graph],
  );
  return (
    <section className="canvas" aria-label={t.journeys.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={isDark ? "dark" : "light"}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1 }}
        minZoom={0.3}
        maxZoom={1.5}
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
        <Controls showInteractive={false} position="bottom-left" />
      </ReactFlow>
    </section>
  );
}
