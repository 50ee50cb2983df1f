/** What is drawn, as the layout and the canvas take it: the entry on top, the steps, and a place for each way that leads nowhere yet. */
import { openEnds, type DraftGraph, type Place, type PortsOf } from "../../../lib/graph";
import { place as layOut, type Layout } from "../../../lib/layout";
import type { DraftNode } from "../../../lib/graph";

export const ENTRY = "trigger";
export const START = "start:";

export const openId = (from: string, port: string) => `open:${from}/${port}`;
export const isPlaceholder = (id: string) => id.startsWith("open:") || id === START;

const HEIGHTS = { entry: 92, step: 76, open: 36 };
const OPEN_WIDTH = 148;

export const heightOf = (id: string): number => (id === ENTRY ? HEIGHTS.entry : isPlaceholder(id) ? HEIGHTS.open : HEIGHTS.step);
export const widthOf = (id: string, usual: number): number => (isPlaceholder(id) ? OPEN_WIDTH : usual);

export interface Shape {
  layout: Layout;
  /** Of each placeholder the place that it stands for. */
  open: Map<string, { place: Place; from: string; label: string }>;
}

/** Every edge by its route's id, which is "from/port"; the one out of the entry is "trigger/start". */
export function placeOfRoute(routeId: string): Place {
  const [from = "", port = ""] = routeId.split("/");
  return from === ENTRY ? "start" : { from, port };
}

export function shapeOf(graph: DraftGraph, portsOf: PortsOf): Shape {
  const blank = (id: string) => ({ id, kind: "", label: "", summary: "" });
  const labels = new Map(graph.nodes.flatMap((node: DraftNode) => portsOf(node).map(({ port, label }) => [`${node.id}/${port}`, label] as const)));
  const open = openEnds(graph, portsOf);
  const placeholders: Shape["open"] = new Map(
    open.map(({ from, port, label }) => [openId(from, port), { place: { from, port }, from, label }]),
  );
  if (!graph.start) placeholders.set(START, { place: "start", from: ENTRY, label: "" });
  const order = new Map(graph.nodes.flatMap((node) => portsOf(node).map(({ port }, index) => [`${node.id}/${port}`, index] as const)));
  const edges = [
    { from: ENTRY, port: "start", port_label: "", to: graph.start ?? START },
    ...graph.edges.map((edge) => ({ ...edge, port_label: labels.get(`${edge.from}/${edge.port}`) ?? "" })),
    ...open.map(({ from, port, label }) => ({ from, port, port_label: label, to: openId(from, port) })),
  ].sort((one, other) => (order.get(`${one.from}/${one.port}`) ?? 0) - (order.get(`${other.from}/${other.port}`) ?? 0));
  const layout = layOut(
    { nodes: [blank(ENTRY), ...graph.nodes.map(({ id }) => blank(id)), ...[...placeholders.keys()].map(blank)], edges },
    heightOf,
    widthOf,
  );
  return { layout, open: placeholders };
}

/** What of a graph its layout depends on: typing a label moves nothing. */
export function shapeKey(graph: DraftGraph, portsOf: PortsOf): string {
  return JSON.stringify([graph.start, graph.nodes.map((node) => [node.id, portsOf(node)]), graph.edges]);
}
