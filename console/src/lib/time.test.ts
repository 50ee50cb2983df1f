import { afterEach, expect, test } from "vitest";
import { absolute, dayBefore, dayHeading, dayKey, fromLocalInput, hourNow, platformNow, relative, remaining, setPlatformNow, toLocalInput } from "./time";

const NOW = Date.parse("2026-11-21T14:00:00Z"); // 22:00 in Shanghai
const before = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

afterEach(() => setPlatformNow(new Date().toISOString()));

test("a moment is read in Shanghai, whatever the browser's zone", () => {
  expect(absolute("2026-11-21T16:30:05Z")).toBe("2026-11-22 00:30:05");
  expect(dayKey("2026-11-21T15:59:59Z")).toBe("2026-11-21");
  expect(dayKey("2026-11-21T16:00:00Z")).toBe("2026-11-22");
});

test("the recent past is told in minutes and hours, then by day", () => {
  expect(relative(before(0), NOW)).toBe("刚刚");
  expect(relative(before(5), NOW)).toBe("5 分钟前");
  expect(relative(before(3 * 60), NOW)).toBe("3 小时前");
  expect(relative(before(23 * 60), NOW)).toBe("昨天 23:00");
  expect(relative("2026-11-03T02:00:00Z", NOW)).toBe("11月3日 10:00");
  expect(relative("2025-11-03T02:00:00Z", NOW)).toBe("2025年11月3日 10:00");
});

test("the future is told as future", () => {
  expect(relative(before(-30), NOW)).toBe("30 分钟后");
  expect(relative(before(-12 * 60), NOW)).toBe("明天 10:00");
});

test("a day's heading names today and yesterday, else the weekday", () => {
  expect(dayHeading("2026-11-21", NOW)).toBe("今天");
  expect(dayHeading("2026-11-20", NOW)).toBe("昨天");
  expect(dayHeading("2026-11-03", NOW)).toBe("11月3日 星期二");
});

test("what a date input holds comes back as the same moment", () => {
  expect(toLocalInput(NOW)).toBe("2026-11-21T22:00");
  expect(Date.parse(fromLocalInput(toLocalInput(NOW)))).toBe(NOW);
});

test("a clock moved forward on the platform moves the console's too", () => {
  const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
  setPlatformNow(tomorrow);
  expect(Math.abs(platformNow() - Date.parse(tomorrow))).toBeLessThan(1_000);
  expect(relative(new Date().toISOString())).toMatch(/^昨天/);
});

test("the hour of the day is Shanghai's", () => {
  expect(hourNow(NOW)).toBe(22);
});

test("what is left is said in days, in hours, and in the last hour by the second", () => {
  const left = (minutes: number) => remaining(before(-minutes), NOW);
  expect([left(2 * 24 * 60 + 185), left(200), left(14.15), left(0)]).toEqual(["2 天 3 小时", "3 小时 20 分", "14:09", null]);
});

test("yesterday is yesterday in Shanghai", () => {
  expect(dayBefore(Date.parse("2026-11-21T15:59:59Z"))).toBe("2026-11-20");
  expect(dayBefore(Date.parse("2026-11-21T16:00:00Z"))).toBe("2026-11-21");
});
