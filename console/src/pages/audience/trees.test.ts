import { expect, test } from "vitest";
import { isWhole } from "./trees";

test("a tree is asked about once every place has a kind and no group is empty", () => {
  expect(isWhole({ all: [{ kind: "tag", config: { tag: "vip" } }, { not: { any: [{ kind: "city" }] } }] })).toBe(true);
  expect(isWhole({ all: [] })).toBe(false);
  expect(isWhole({ all: [{ kind: "" }] })).toBe(false);
  expect(isWhole({ all: [{ kind: "tag" }, { not: { any: [] } }] })).toBe(false);
});
