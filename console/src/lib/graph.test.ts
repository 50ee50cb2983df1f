import { expect, test } from "vitest";
import {
  change,
  closeEnds,
  copy,
  EMPTY,
  insert,
  joinRefusal,
  lastPlace,
  lead,
  MOST_NODES,
  openEnds,
  paste,
  readFragment,
  readGraph,
  refusal,
  remove,
  type DraftGraph,
  type DraftNode,
} from "./graph";
import { begin, draw, redo, undo } from "./graphHistory";
import { portsOf as guessed } from "./graphPorts";

const ports = (node: DraftNode) => guessed(node, undefined, undefined);
const step = (id: string, kind = "wait", config = {}): DraftNode => ({ id, kind, config });
const put = (graph: DraftGraph, place: Parameters<typeof insert>[1], node: DraftNode) => insert(graph, place, node, ports);

/** entry → hello → ask ─yes→ end, ask ─no→ pause → end */
const FORKED: DraftGraph = {
  ...EMPTY,
  start: "hello",
  nodes: [step("hello", "send_message"), step("ask", "branch", { condition: { kind: "has_tag", tag: "vip" } }), step("pause"), step("end", "end")],
  edges: [
    { from: "hello", port: "done", to: "ask" },
    { from: "ask", port: "yes", to: "end" },
    { from: "ask", port: "no", to: "pause" },
    { from: "pause", port: "done", to: "end" },
  ],
};
const to = (graph: DraftGraph, from: string, port = "done") => graph.edges.find((edge) => edge.from === from && edge.port === port)?.to;

test("a step put on a way goes between, and its first way goes on to what was there", () => {
  const graph = put(FORKED, { from: "hello", port: "done" }, step("staff", "staff_task"));
  expect(to(graph, "hello")).toBe("staff");
  expect(to(graph, "staff", "confirmed")).toBe("ask");
  expect(openEnds(graph, ports).map(({ from, port }) => `${from}/${port}`)).toEqual(["staff/timed_out"]);
});

test("the first step of an empty sheet becomes the start, and the next one follows it", () => {
  const first = put(EMPTY, "start", step("hello"));
  expect(first.start).toBe("hello");
  expect(lastPlace(first, ports)).toEqual({ from: "hello", port: "done" });
  expect(lastPlace(EMPTY, ports)).toBe("start");
});

test("a step put before everything leads to what was the start", () => {
  const graph = put(FORKED, "start", step("wait_1"));
  expect([graph.start, to(graph, "wait_1")]).toEqual(["wait_1", "hello"]);
});

test("an end cannot cut off what follows, but takes another end's place, which is gone when nobody else leads there", () => {
  expect(refusal(FORKED, { from: "hello", port: "done" }, step("e2", "end"), ports)).toBe("end_inside");
  expect(refusal(FORKED, { from: "pause", port: "done" }, step("e2", "exit"), ports)).toBeNull();
  const line: DraftGraph = { ...EMPTY, start: "a", nodes: [step("a"), step("end", "end")], edges: [{ from: "a", port: "done", to: "end" }] };
  expect(put(line, { from: "a", port: "done" }, step("out", "exit")).nodes.map(({ id }) => id)).toEqual(["a", "out"]);
  expect(put(FORKED, { from: "pause", port: "done" }, step("out", "exit")).nodes.map(({ id }) => id)).toContain("end");
});

test("a journey takes no more steps than the platform does", () => {
  const full = { ...EMPTY, nodes: Array.from({ length: MOST_NODES }, (_, index) => step(`n${index}`)) };
  expect(refusal(full, "start", step("more"), ports)).toBe("full");
});

test("what led to a deleted step leads to what followed it", () => {
  const graph = remove(FORKED, ["ask"], ports);
  expect(to(graph, "hello")).toBe("end");
  expect(graph.edges.some((edge) => edge.from === "ask" || edge.to === "ask")).toBe(false);
  expect(remove(FORKED, ["hello"], ports).start).toBe("ask");
});

test("several are deleted at once, and nothing leads to what is gone", () => {
  const graph = remove(FORKED, ["hello", "ask", "pause"], ports);
  expect(graph).toMatchObject({ start: "end", edges: [] });
  expect(remove(graph, ["end"], ports)).toMatchObject({ start: null, nodes: [], edges: [] });
});

test("a step in a circle of its own leaves no way to itself behind", () => {
  const graph = lead(lead(FORKED, { from: "pause", port: "done" }, "hello"), { from: "ask", port: "yes" }, null);
  for (const id of ["hello", "ask", "pause"]) {
    const left = remove(graph, [id], ports);
    const there = new Set(left.nodes.map((node) => node.id));
    for (const edge of left.edges) {
      expect(edge.from).not.toBe(edge.to);
      expect(there.has(edge.to) && there.has(edge.from)).toBe(true);
    }
  }
});

test("when its ways change, what followed stays on the first of the new ones", () => {
  const asked = change(FORKED, "hello", { config: { wait_hours: 24 } }, ports);
  expect([to(asked, "hello", "sent"), to(asked, "hello", "done")]).toEqual(["ask", undefined]);
  const split = change(FORKED, "ask", { config: { ways: [{ port: "a", label: "A" }] } }, ports);
  expect([to(split, "ask", "a"), to(split, "ask", "else")]).toEqual(["end", "pause"]);
});

test("a way leads back only through a step on which time passes", () => {
  const rests = (kind: string) => kind === "wait";
  expect(joinRefusal(FORKED, { from: "ask", port: "yes" }, "hello", () => false)).toBe("circle");
  expect(joinRefusal(FORKED, { from: "pause", port: "done" }, "hello", rests)).toBeNull();
  expect(joinRefusal(FORKED, { from: "pause", port: "done" }, "pause", rests)).toBe("itself");
  expect(joinRefusal(FORKED, { from: "ask", port: "yes" }, "gone", rests)).toBe("nothing");
});

test("all ways that lead nowhere can be led to one end", () => {
  const open = put(EMPTY, "start", step("ask", "branch"));
  const closed = closeEnds(open, ports);
  expect(openEnds(closed, ports)).toEqual([]);
  expect(closed.nodes.filter(({ kind }) => kind === "end")).toHaveLength(1);
});

test("what was copied is put into another journey under new names, wired alike, and what lay behind follows it", () => {
  const fragment = readFragment(JSON.stringify(copy(FORKED, ["ask", "pause"])))!;
  const { graph, ids } = paste(FORKED, { from: "hello", port: "done" }, fragment, ports);
  expect(ids).toHaveLength(2);
  expect(new Set(graph.nodes.map(({ id }) => id)).size).toBe(graph.nodes.length);
  expect(to(graph, "hello")).toBe(ids[0]);
  expect(to(graph, ids[0]!, "no")).toBe(ids[1]);
  expect(to(graph, ids[0]!, "yes")).toBe("ask");
  expect(paste(EMPTY, "start", fragment, ports).graph.start).toBe("branch_1");
});

test("what somebody else put on the clipboard is no steps", () => {
  for (const text of ["", "hello", "{}", '{"marque":"journey-steps","nodes":[]}', "null"]) expect(readFragment(text)).toBeNull();
});

test("a draft of any state is read", () => {
  expect(readGraph({})).toEqual(EMPTY);
  expect(readGraph({ nodes: [{ id: "a", kind: "end" }], notes: [{ text: "hm" }] }).notes).toEqual([{ id: "note_1", text: "hm", x: 0, y: 0 }]);
});

test("strokes are taken back one by one, and what is typed at once together", () => {
  let history = begin("");
  history = draw(history, "a", "label", 1_000);
  history = draw(history, "ab", "label", 1_100);
  history = draw(history, "ab!", null, 1_200);
  expect(undo(history).now).toBe("ab");
  expect(undo(undo(history)).now).toBe("");
  expect(undo(undo(undo(history))).now).toBe("");
  expect(redo(undo(history)).now).toBe("ab!");
  expect(draw(undo(history), "x", null, 9_000).future).toEqual([]);
  expect(draw(history, "ab!", null, 2_000)).toBe(history);
});
