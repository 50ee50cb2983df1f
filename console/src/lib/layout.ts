/** Places a journey's graph top to bottom; pure, so that it can be tested without a canvas. */
import { Graph, layout as dagreLayout } from "@dagrejs/dagre";
import type { JourneyGraph } from "../api/types";

export const NODE_WIDTH = 288;
const LABEL = { width: 36, height: 22, labelpos: "c" as const };

export interface Point {
  x: number;
  y: number;
}

export interface Route {
  id: string;
  from: string;
  to: string;
  label: string;
  /** From the middle of the upper node's foot to the middle of the lower one's head, around what stands between. */
  points: Point[];
  labelAt: Point;
}

export interface Layout {
  /** Top-left corners by node id. */
  nodes: Map<string, Point>;
  routes: Route[];
  width: number;
  height: number;
}

/** Edges that name an unknown node are left out: a broken graph is still drawn. */
export function place(
  graph: JourneyGraph,
  heightOf: (nodeId: string) => number,
  widthOf: (nodeId: string, usual: number) => number = (_, usual) => usual,
): Layout {
  const sheet = new Graph({ multigraph: true });
  sheet.setGraph({ rankdir: "TB", nodesep: 56, ranksep: 56, edgesep: 32, marginx: 24, marginy: 24 });
  for (const node of graph.nodes) sheet.setNode(node.id, { width: widthOf(node.id, NODE_WIDTH), height: heightOf(node.id) });
  const edges = graph.edges.filter((edge) => sheet.hasNode(edge.from) && sheet.hasNode(edge.to));
  for (const edge of edges) sheet.setEdge(edge.from, edge.to, edge.port_label ? { ...LABEL } : {}, edge.port);
  dagreLayout(sheet);

  const centre = (id: string) => sheet.node(id) as Point;
  const routes = edges.map((edge): Route => {
    const { points, x, y } = sheet.edge(edge.from, edge.to, edge.port) as { points: Point[]; x?: number; y?: number };
    const foot = { x: centre(edge.from).x, y: centre(edge.from).y + heightOf(edge.from) / 2 };
    const head = { x: centre(edge.to).x, y: centre(edge.to).y - heightOf(edge.to) / 2 };
    const middle = { x: (foot.x + head.x) / 2, y: (foot.y + head.y) / 2 };
    return {
      id: `${edge.from}/${edge.port}`,
      from: edge.from,
      to: edge.to,
      label: edge.port_label,
      points: [foot, ...points.slice(1, -1), head],
      labelAt: x === undefined || y === undefined ? middle : { x, y },
    };
  });
  const corner = (id: string): Point => ({ x: centre(id).x - widthOf(id, NODE_WIDTH) / 2, y: centre(id).y - heightOf(id) / 2 });
  return {
    nodes: new Map(graph.nodes.map(({ id }) => [id, corner(id)])),
    routes,
    width: sheet.graph().width ?? 0,
    height: sheet.graph().height ?? 0,
  };
}

/** An SVG path through the points that leaves and arrives vertically. */
export function smooth(points: Point[]): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x},${first.y}`;
  let before = first;
  for (const point of rest) {
    const half = (before.y + point.y) / 2;
    path += ` C${before.x},${half} ${point.x},${half} ${point.x},${point.y}`;
    before = point;
  }
  return path;
}
