import { expect, test } from "vitest";
import type { PlatformTemplate, WritableChannel } from "../../api/templates";
import { fieldsOf, kindOf } from "./typed";

const typed: WritableChannel = { kind: "service_template", label: "", to: "customer", parts: null, account_kind: "service_account", is_noted_by_account: true, form: [] };
const paid = { appid: "wx1", template_id: "p", title: "", keys: [{ key: "thing1", label: "车型" }, { key: "amount2", label: "金额" }], read_at: "2026-01-01T00:00:00Z", gone_at: null, used_by: [] } satisfies PlatformTemplate;

test("a typed key names its type", () => {
  expect(kindOf("character_string3")).toBe("character_string");
  expect(kindOf("content")).toBe("content");
});

test("the fields of a notice are those of WeChat's template, in its order, whatever is written already", () => {
  const draft = { fields: { amount2: "1", gone9: "x" }, template_ids: { wx1: "p" } };
  expect([...fieldsOf(typed, draft, [paid], {})]).toEqual([["thing1", "车型"], ["amount2", "金额"]]);
});

test("of a template that nobody has read, what is written stays in sight", () => {
  expect([...fieldsOf(typed, { fields: { thing1: "x" }, template_ids: { wx2: "q" } }, [paid], {}).keys()]).toEqual(["thing1"]);
});

test("a plain message has the parts of its channel, and others what the writer names", () => {
  const draft = { fields: { content: "x", other: "y" }, template_ids: {} };
  expect([...fieldsOf({ ...typed, parts: ["title", "content"] }, draft, [], { content: "正文" })]).toEqual([["title", "title"], ["content", "正文"]]);
  expect([...fieldsOf({ ...typed, parts: [] }, draft, [], {}).keys()]).toEqual(["content", "other"]);
});
