import { expect, test } from "vitest";
import { pace, pathsOf } from "./live";

test("a topic stands for its paths, a star for all, and what a newer server tells for none", () => {
  expect(pathsOf(["leads"])).toContain("staff/leads/");
  expect(pathsOf(["*"])).toEqual(expect.arrayContaining(["staff/leads/", "staff/orders/", "staff/exports/"]));
  expect(pathsOf(["of-tomorrow"])).toEqual([]);
});

test("what is told is asked for less often, but still is; everything else as often as ever", () => {
  expect(pace("staff/leads/7", 5_000, true)).toBe(30_000);
  expect(pace("staff/exports/7", 1_000, true)).toBe(6_000);
  expect(pace("staff/leads/", 3_600_000, true)).toBe(3_600_000);
  expect(pace("staff/customers/", 5_000, true)).toBe(5_000);
  expect(pace("staff/leads/7", 5_000, false)).toBe(5_000);
});
