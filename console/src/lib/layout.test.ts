import { expect, test } from "vitest";
import type { JourneyGraph } from "../api/types";
import { NODE_WIDTH, place, smooth, type Point } from "./layout";

const node = (id: string) => ({ id, kind: "wait", label: id, summary: "" });
const edge = (from: string, to: string, port = "next", port_label = "") => ({ from, to, port, port_label });
const HEIGHT = 120;
const DIAMOND: JourneyGraph = {
  nodes: ["a", "branch", "invite", "end"].map(node),
  edges: [edge("a", "branch"), edge("branch", "end", "yes", "是"), edge("branch", "invite", "no", "否"), edge("invite", "end")],
};

const inside = (p: Point, corner: Point) => p.x > corner.x && p.x < corner.x + NODE_WIDTH && p.y > corner.y && p.y < corner.y + HEIGHT;

test("every step stands below the one that leads to it", () => {
  const { nodes } = place(DIAMOND, () => HEIGHT);
  for (const { from, to } of DIAMOND.edges) expect(nodes.get(to)!.y).toBeGreaterThanOrEqual(nodes.get(from)!.y + HEIGHT);
});

test("a line that skips a step passes beside it, not behind it", () => {
  const { nodes, routes } = place(DIAMOND, () => HEIGHT);
  const yes = routes.find((route) => route.label === "是")!;
  expect(yes.points.length).toBeGreaterThan(2);
  for (const point of yes.points) expect(inside(point, nodes.get("invite")!)).toBe(false);
});

test("two ports that lead to the same step stay two lines", () => {
  const graph = { nodes: [node("a"), node("b")], edges: [edge("a", "b", "yes", "是"), edge("a", "b", "no", "否")] };
  const { routes } = place(graph, () => HEIGHT);
  expect(routes.map((route) => route.id)).toEqual(["a/yes", "a/no"]);
  expect(routes[0]!.labelAt.x).not.toBe(routes[1]!.labelAt.x);
});

test("an edge to a step that does not exist is left out", () => {
  const { nodes, routes } = place({ nodes: [node("a")], edges: [edge("a", "ghost")] }, () => HEIGHT);
  expect(nodes.size).toBe(1);
  expect(routes).toEqual([]);
});

test("a line leaves and arrives vertically", () => {
  expect(smooth([{ x: 0, y: 0 }, { x: 10, y: 20 }])).toBe("M0,0 C0,10 10,10 10,20");
});
