/** Places a journey's graph top to bottom; pure, so that it can be tested without a canvas. */
import { Graph, layout as dagreLayout } from "@dagrejs/dagre";
import type { JourneyGraph } from "../api/types";

export const NODE_WIDTH = 288;

export interface Placed {
  id: string;
  x: number;
  y: number;
}

/** Top-left corners of every node, by the heights given. Edges that name an unknown node are left out. */
export function place(graph: JourneyGraph, heightOf: (nodeId: string) => number): Placed[] {
  const sheet = new Graph();
  sheet.setGraph({ rankdir: "TB", nodesep: 56, ranksep: 64, marginx: 24, marginy: 24 });
  sheet.setDefaultEdgeLabel(() => ({}));
  for (const node of graph.nodes) sheet.setNode(node.id, { width: NODE_WIDTH, height: heightOf(node.id) });
  for (const edge of graph.edges) {
    if (sheet.hasNode(edge.from) && sheet.hasNode(edge.to)) sheet.setEdge(edge.from, edge.to);
  }
  dagreLayout(sheet);
  return graph.nodes.map(({ id }) => {
    const at = sheet.node(id) as { x: number; y: number };
    return { id, x: at.x - NODE_WIDTH / 2, y: at.y - heightOf(id) / 2 };
  });
}
