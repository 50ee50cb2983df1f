/** A journey as it is drawn, and everything a hand can do to it; pure, so that it can be tested without a canvas. */

export type Config = Record<string, unknown>;

export interface DraftNode {
  id: string;
  kind: string;
  label?: string;
  config: Config;
  late?: Config | null;
}

export interface DraftEdge {
  from: string;
  port: string;
  to: string;
}

export interface DraftTrigger {
  kind: string;
  config: Config;
}

export interface DraftNote {
  id: string;
  text: string;
  x: number;
  y: number;
}

export interface DraftGraph {
  triggers: DraftTrigger[];
  rules: Config;
  start: string | null;
  nodes: DraftNode[];
  edges: DraftEdge[];
  notes: DraftNote[];
}

export interface Port {
  port: string;
  label: string;
}

/** Which ways lead out of a node; what the platform has said of its settings comes before what the console knows. */
export type PortsOf = (node: DraftNode) => Port[];

/** Where a step is put: on a way that is drawn, at a way that leads nowhere yet, or before everything. */
export type Place = { from: string; port: string } | "start";

export const MOST_NODES = 200;
export const MOST_TRIGGERS = 10;
export const EMPTY: DraftGraph = { triggers: [], rules: {}, start: null, nodes: [], edges: [], notes: [] };

/** Whatever the server keeps, sound or not, with every part there. */
export function readGraph(raw: unknown): DraftGraph {
  const given = (raw ?? {}) as Partial<DraftGraph>;
  return {
    ...given,
    triggers: given.triggers ?? [],
    rules: given.rules ?? {},
    start: given.start ?? null,
    nodes: (given.nodes ?? []).map((node) => ({ ...node, config: node.config ?? {} })),
    edges: given.edges ?? [],
    notes: (given.notes ?? []).map((note, index) => ({ ...note, id: note.id ?? `note_${index + 1}`, x: note.x ?? 0, y: note.y ?? 0 })),
  };
}

export const nodeOf = (graph: DraftGraph, id: string | null): DraftNode | undefined => graph.nodes.find((node) => node.id === id);

export const targetOf = (graph: DraftGraph, place: Place): string | null =>
  place === "start" ? graph.start : (graph.edges.find((edge) => edge.from === place.from && edge.port === place.port)?.to ?? null);

export const samePlace = (one: Place | null, other: Place | null): boolean =>
  one === other ||
  (one !== null && other !== null && one !== "start" && other !== "start" && one.from === other.from && one.port === other.port);

/** A name that no node of the graph has; ids are what edges, people and results are kept by, so they are never used again by chance. */
export function freshId(graph: DraftGraph, kind: string): string {
  const stem = kind.replace(/[^a-z0-9_]/g, "").slice(0, 30) || "step";
  const taken = new Set(graph.nodes.map((node) => node.id));
  let number = 1;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}

/** The graph with a way leading elsewhere; null takes the way away. */
export function lead(graph: DraftGraph, place: Place, to: string | null): DraftGraph {
  if (place === "start") return { ...graph, start: to };
  const edges = graph.edges.filter((edge) => edge.from !== place.from || edge.port !== place.port);
  return { ...graph, edges: to ? [...edges, { ...place, to }] : edges };
}

export type Refusal = "full" | "end_inside" | "circle" | "itself" | "nothing";

/** Why such a step cannot stand there; null where it can. Where an end stands, another end may take its place. */
export function refusal(graph: DraftGraph, place: Place, node: DraftNode, portsOf: PortsOf): Refusal | null {
  if (graph.nodes.length >= MOST_NODES) return "full";
  const behind = nodeOf(graph, targetOf(graph, place));
  return behind && portsOf(node).length === 0 && portsOf(behind).length > 0 ? "end_inside" : null;
}

/** A new step between what leads here and what it led to: its first way out goes on there. */
export function insert(graph: DraftGraph, place: Place, node: DraftNode, portsOf: PortsOf): DraftGraph {
  const behind = targetOf(graph, place);
  let next = lead({ ...graph, nodes: [...graph.nodes, node] }, place, node.id);
  const first = portsOf(node)[0];
  if (behind && first) next = lead(next, { from: node.id, port: first.port }, behind);
  if (behind && !first) next = sweep(next, behind);
  return next;
}

/** An end to which nothing leads any more is gone with what replaced it. */
function sweep(graph: DraftGraph, id: string): DraftGraph {
  const isReached = graph.start === id || graph.edges.some((edge) => edge.to === id);
  const leads = graph.edges.some((edge) => edge.from === id);
  return isReached || leads ? graph : { ...graph, nodes: graph.nodes.filter((node) => node.id !== id) };
}

/** Without these steps: what led to one leads to where its first way led. */
export function remove(graph: DraftGraph, ids: readonly string[], portsOf: PortsOf): DraftGraph {
  return ids.reduce((before, id) => removeOne(before, id, portsOf), graph);
}

function removeOne(graph: DraftGraph, id: string, portsOf: PortsOf): DraftGraph {
  const node = nodeOf(graph, id);
  if (!node) return graph;
  const onwards = [...portsOf(node).map(({ port }) => port), ...graph.edges.filter((edge) => edge.from === id).map(({ port }) => port)];
  const heir = onwards.map((port) => targetOf(graph, { from: id, port })).find((to) => to !== null && to !== id) ?? null;
  const edges = graph.edges
    .filter((edge) => edge.from !== id)
    .flatMap((edge) => (edge.to !== id ? [edge] : heir && heir !== edge.from ? [{ ...edge, to: heir }] : []));
  return { ...graph, nodes: graph.nodes.filter((one) => one.id !== id), edges, start: graph.start === id ? heir : graph.start };
}

/** A node with other settings; ways that it no longer has are taken away, so that nothing hangs on what is not there. */
export function change(graph: DraftGraph, id: string, changed: Partial<DraftNode>, portsOf: PortsOf): DraftGraph {
  const nodes = graph.nodes.map((node) => (node.id === id ? { ...node, ...changed } : node));
  const node = nodes.find((one) => one.id === id);
  const ports = node ? portsOf(node).map(({ port }) => port) : [];
  const own = graph.edges.filter((edge) => edge.from === id);
  const lost = own.filter((edge) => !ports.includes(edge.port));
  if (lost.length === 0 || ports.length === 0) return { ...graph, nodes };
  // A step that had one way and now has two keeps what follows it on the first.
  const free = ports.filter((port) => !own.some((edge) => edge.port === port));
  const moved = lost.slice(0, free.length).map((edge, index) => ({ ...edge, port: free[index] ?? edge.port }));
  return { ...graph, nodes, edges: [...graph.edges.filter((edge) => !lost.includes(edge)), ...moved] };
}

/** Every node that can be come to from one. */
export function following(graph: DraftGraph, id: string): Set<string> {
  const seen = new Set<string>([id]);
  const fresh = [id];
  for (let at = fresh.pop(); at !== undefined; at = fresh.pop())
    for (const edge of graph.edges)
      if (edge.from === at && !seen.has(edge.to)) {
        seen.add(edge.to);
        fresh.push(edge.to);
      }
  return seen;
}

/** Why a way cannot lead to that step; null where it can. A circle is allowed only through a step on which time passes. */
export function joinRefusal(graph: DraftGraph, place: Place, to: string, rests: (kind: string) => boolean): Refusal | null {
  if (!nodeOf(graph, to)) return "nothing";
  if (place === "start") return null;
  if (place.from === to) return "itself";
  const back = waysBack(graph, to, place.from);
  return back && !back.some((id) => rests(nodeOf(graph, id)?.kind ?? "")) ? "circle" : null;
}

/** The nodes that lie on a way from one to another, or null where there is none. */
function waysBack(graph: DraftGraph, from: string, to: string): string[] | null {
  const after = following(graph, from);
  if (!after.has(to)) return null;
  return [...after].filter((id) => following(graph, id).has(to));
}

/** Every way that leads nowhere yet. */
export function openEnds(graph: DraftGraph, portsOf: PortsOf): { from: string; port: string; label: string }[] {
  const wired = new Set(graph.edges.map((edge) => `${edge.from}/${edge.port}`));
  return graph.nodes.flatMap((node) =>
    portsOf(node)
      .filter(({ port }) => !wired.has(`${node.id}/${port}`))
      .map(({ port, label }) => ({ from: node.id, port, label })),
  );
}

/** Every open way leads to one end, which is made where there is none. */
export function closeEnds(graph: DraftGraph, portsOf: PortsOf): DraftGraph {
  const open = openEnds(graph, portsOf);
  if (open.length === 0 && graph.start) return graph;
  const end = graph.nodes.find((node) => node.kind === "end") ?? { id: freshId(graph, "end"), kind: "end", config: {} };
  let next = nodeOf(graph, end.id) ? graph : { ...graph, nodes: [...graph.nodes, end] };
  for (const { from, port } of open) next = lead(next, { from, port }, end.id);
  return next.start ? next : { ...next, start: end.id };
}

export interface Fragment {
  marque: "journey-steps";
  nodes: DraftNode[];
  edges: DraftEdge[];
}

/** Steps as they are carried to another place or journey, in the order in which they are drawn. */
export function copy(graph: DraftGraph, ids: readonly string[]): Fragment {
  const nodes = graph.nodes.filter((node) => ids.includes(node.id));
  const edges = graph.edges.filter((edge) => ids.includes(edge.from) && ids.includes(edge.to));
  return { marque: "journey-steps", nodes: structuredClone(nodes), edges: structuredClone(edges) };
}

export function readFragment(text: string): Fragment | null {
  try {
    const read = JSON.parse(text) as Fragment;
    return read.marque === "journey-steps" && Array.isArray(read.nodes) && read.nodes.length > 0 ? read : null;
  } catch {
    return null;
  }
}

/** The steps put in there, under new names; what lay behind follows the last of them that has a way left. The new ids come along. */
export function paste(graph: DraftGraph, place: Place, fragment: Fragment, portsOf: PortsOf): { graph: DraftGraph; ids: string[] } {
  const named = new Map<string, string>();
  let next = graph;
  for (const node of fragment.nodes) {
    const id = freshId(next, node.kind);
    named.set(node.id, id);
    next = { ...next, nodes: [...next.nodes, { ...structuredClone(node), id }] };
  }
  const edges = fragment.edges.map((edge) => ({ ...edge, from: named.get(edge.from) ?? "", to: named.get(edge.to) ?? "" }));
  next = { ...next, edges: [...next.edges, ...edges.filter((edge) => edge.from && edge.to)] };
  const ids = [...named.values()];
  const heads = ids.filter((id) => !edges.some((edge) => edge.to === id));
  const head = heads[0] ?? ids[0];
  if (!head) return { graph, ids: [] };
  const behind = targetOf(graph, place);
  next = lead(next, place, head);
  const tail = openEnds(next, portsOf).filter((open) => ids.includes(open.from)).at(0);
  if (behind && tail) next = lead(next, tail, behind);
  return { graph: next, ids };
}

/** The last place of the way that begins at the start: where a step goes that was picked without a place. */
export function lastPlace(graph: DraftGraph, portsOf: PortsOf, after?: string | null): Place {
  if (!graph.start) return "start";
  const from = nodeOf(graph, after ?? null);
  if (from) {
    const port = portsOf(from)[0];
    if (port) return { from: from.id, port: port.port };
  }
  const open = openEnds(graph, portsOf)[0];
  if (open) return { from: open.from, port: open.port };
  const toEnd = graph.edges.findLast((edge) => nodeOf(graph, edge.to)?.kind === "end");
  return toEnd ? { from: toEnd.from, port: toEnd.port } : "start";
}
