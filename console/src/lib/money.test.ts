import { expect, test } from "vitest";
import { fenOf, wan, yuan } from "./money";

test("fen become yuan with two decimals, grouped", () => {
  expect(yuan(500_000)).toBe("¥5,000.00");
  expect(yuan(1)).toBe("¥0.01");
  expect(yuan(0)).toBe("¥0.00");
});

test("a negative amount carries its sign before the currency", () => {
  expect(yuan(-499_900)).toBe("−¥4,999.00");
});

test("a car's price is told in ten thousands", () => {
  expect(wan(35_880_000)).toBe("35.88 万");
  expect(wan(999_900)).toBe("¥9,999.00");
});

test("yuan that somebody typed become fen, or nothing at all", () => {
  expect(["12.5", "1,000", "0.01", " 3 "].map(fenOf)).toEqual([1_250, 100_000, 1, 300]);
  expect(["", "-1", "1.234", "1e3", "十"].map(fenOf)).toEqual([null, null, null, null, null]);
});
