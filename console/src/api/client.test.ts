/** What changes something happens once, however often the line breaks. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { api } from "./client";

const busy = () => Response.json({ error: "idempotency.in_progress", message: "正在处理，请稍候" }, { status: 409 });
const away = () => new Response("", { status: 503 });
const lost = () => Promise.reject(new TypeError("network"));

let answers: (() => Response | Promise<Response>)[];
let asked: { method?: string; key?: string }[];

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  vi.stubGlobal("fetch", async (_path: string, { method, headers }: { method?: string; headers: Record<string, string> }) => {
    asked.push({ method, key: headers["Idempotency-Key"] });
    return answers.shift()!();
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function settled<T>(asking: Promise<T>) {
  const outcome = asking.then(
    (value) => ({ value, code: undefined }),
    (error: { code: string }) => ({ value: undefined, code: error.code }),
  );
  await vi.runAllTimersAsync();
  return outcome;
}

test("a broken line is tried again with the same key, and the next request has another", async () => {
  answers = [lost, busy, () => Response.json({ id: 1 }), () => Response.json({ id: 2 })];
  expect(await settled(api("POST", "staff/x", {}))).toEqual({ value: { id: 1 } });
  await settled(api("POST", "staff/x", {}));
  expect(asked[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  expect(asked.map(({ key }) => key === asked[0]?.key)).toEqual([true, true, true, false]);
});

test("a line that stays broken is told after three tries", async () => {
  answers = [away, away, away, away];
  expect((await settled(api("DELETE", "staff/x"))).code).toBe("unexpected");
  expect(asked.length).toBe(3);
});

test("a refusal is the answer, and is not asked again", async () => {
  answers = [() => Response.json({ error: "orders.over", message: "订单已结束" }, { status: 409 })];
  expect((await settled(api("POST", "staff/x", {}))).code).toBe("orders.over");
  expect(asked.length).toBe(1);
});

test("what only looks, and what signs in, has no key", async () => {
  answers = [() => Response.json({}), () => Response.json({})];
  await settled(api("GET", "staff/x"));
  await settled(api("POST", "public/staff/login", {}));
  expect(asked.map(({ key }) => key)).toEqual([undefined, undefined]);
});
