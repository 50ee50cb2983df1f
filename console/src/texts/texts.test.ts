import { afterEach, expect, test, vi } from "vitest";
import { t as english } from "./en";
import { t as chinese } from "./zh-CN";

/** What English says in other figures, or without one that Chinese needs. */
const OTHERWISE = ["money.tenThousands", "time.monthDay", "results.tenThousands", "insight.anomalies.times", "insight.anomalies.because"];

/** Stand for numbers, texts and lists alike. */
const MARKS = ["«a»", "«b»", "«c»", "«d»", "«e»"].map((mark) => Object.assign(mark, { join: () => mark }));

/** A text as it reads with marks for what it is given. */
const filled = (said: unknown) => (typeof said === "function" ? String((said as (...all: unknown[]) => unknown)(...MARKS)) : String(said));

/** What a text tells of what it is given: the marks that come out, and the {names} that the page fills in. */
const given = (said: unknown) => filled(said).match(/«\w»|\{\w+\}/g)?.sort().join() ?? "";

/** Every text under its dotted key. */
function leaves(node: unknown, path = ""): [string, unknown][] {
  if (typeof node !== "object" || node === null) return [[path, node]];
  return Object.entries(node).flatMap(([key, value]) => leaves(value, path ? `${path}.${key}` : key));
}

const inChinese = new Map(leaves(chinese));
const inEnglish = new Map(leaves(english));

test("both languages say the same things: what is added to zh-CN.ts is added to en.ts, too", () => {
  expect([...inChinese.keys()].filter((key) => !inEnglish.has(key))).toEqual([]);
  expect([...inEnglish.keys()].filter((key) => !inChinese.has(key))).toEqual([]);
});

test("an English text tells what the Chinese one tells", () => {
  const differ = [...inChinese].filter(([key, said]) => !OTHERWISE.includes(key) && given(said) !== given(inEnglish.get(key)));
  expect(differ.map(([key]) => key)).toEqual([]);
});

test("English writes days and large amounts in its own way", () => {
  expect([english.time.monthDay(11, 3), english.time.yearMonthDay(2025, "Nov 3")]).toEqual(["Nov 3", "Nov 3, 2025"]);
  expect([english.money.tenThousands("35.80"), english.money.tenThousands("1,234.50"), english.results.tenThousands(12.3)]).toEqual(["¥358k", "¥12,345k", "123k"]);
  expect([english.messages.people(1), english.messages.people(1200)]).toEqual(["1 person", "1,200 people"]);
});

test("no English text has Chinese in it", () => {
  const stray = [...inEnglish].filter(([, said]) => /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(filled(said)));
  expect(stray.map(([key]) => key)).toEqual([]);
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

/** The console's word for customers in a browser that keeps this language. */
async function customersIn(kept: string | null): Promise<string> {
  vi.stubGlobal("localStorage", { getItem: () => kept });
  return (await import(".")).t.nav.customers;
}

test("the language that a browser chose is the one it reads; Chinese, when it chose none or one that we do not speak", async () => {
  expect(await customersIn("en")).toBe(english.nav.customers);
  vi.resetModules();
  expect([await customersIn(null), await customersIn("fr")]).toEqual([chinese.nav.customers, chinese.nav.customers]);
});

test("a browser that forbids storage reads Chinese", async () => {
  vi.stubGlobal("localStorage", { getItem: () => { throw new Error("forbidden"); } });
  expect((await import(".")).t.nav.customers).toBe(chinese.nav.customers);
});

test("choosing a language keeps it and loads the page anew; choosing the one that is there does nothing", async () => {
  const setItem = vi.fn();
  const reload = vi.fn();
  vi.stubGlobal("localStorage", { getItem: () => null, setItem });
  vi.stubGlobal("location", { reload });
  const { chooseLanguage, LANGUAGES, nameOf } = await import("../lib/language");
  chooseLanguage("zh-CN");
  expect(reload).not.toHaveBeenCalled();
  chooseLanguage("en");
  expect([setItem.mock.calls, reload.mock.calls.length]).toEqual([[["marque.language", "en"]], 1]);
  expect(LANGUAGES.map(nameOf)).toEqual(["中文", "English"]);
});
