import { expect, test } from "vitest";
import { distance, isGood, usual } from "./anomalies";

test.each([
  [13, 34, "比平时少 62%"],
  [0, 34, "一个也没有"],
  [51, 34, "比平时多 50%"],
  [85, 34, "是平时的 2.5 倍"],
  [400, 10, "是平时的 40 倍"],
  [9, 0, "平时几乎没有"],
])("%i where %i are usual is said as one would say it", (times, median, said) => {
  expect(distance({ times, median })).toBe(said);
});

test("more leads are good and more refunds are not, and the other way round", () => {
  expect(isGood({ figure: "lead", times: 50, median: 20 })).toBe(true);
  expect(isGood({ figure: "lead", times: 5, median: 20 })).toBe(false);
  expect(isGood({ figure: "refund", times: 50, median: 20 })).toBe(false);
  expect(isGood({ figure: "refund", times: 5, median: 20 })).toBe(true);
});

test("what is usual is told in whole numbers that are not flagged themselves, and never below nothing", () => {
  expect(usual({ median: 34.5, bound: 17.6 })).toEqual([17, 52]);
  expect(usual({ median: 3, bound: 5.2 })).toEqual([0, 8]);
});
