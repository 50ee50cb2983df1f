import { expect, test } from "vitest";
import { spelled } from "./filters";

test("the same filters have one spelling, however the address has them", () => {
  expect(spelled("?tag=%E9%AB%98&q=&a=1 2")).toBe(spelled("a=1+2&tag=高"));
  expect(spelled("")).toBe("");
  expect(spelled("tag=a")).not.toBe(spelled("tag=b"));
});
