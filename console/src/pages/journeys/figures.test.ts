import { describe, expect, it } from "vitest";
import { brief, ofNumbers, reasonsOf, valueOf } from "./figures";

const by = [
  { figure: "passed", detail: "done", label: "继续", times: 9 },
  { figure: "not_sent", detail: "quiet_hours", label: "免打扰", times: 2 },
  { figure: "failed", detail: "rejected", label: "被拒绝", times: 5 },
  { figure: "exited", detail: "order.cancelled", label: "取消订单", times: 4 },
];

describe("the figures of a step", () => {
  it("tell why something did not happen, the most frequent first, and not who simply went on or left", () => {
    expect(reasonsOf({ by }).map(({ detail }) => detail)).toEqual(["rejected", "quiet_hours"]);
  });

  it("count who was passed by and whose message did not leave as one", () => {
    expect(valueOf({ by: [], skipped: 2, not_sent: 3 }, "missed")).toBe(5);
    expect(valueOf(ofNumbers({ skipped: 3 }), "missed")).toBe(3);
    expect(valueOf(ofNumbers(undefined), "entered")).toBe(0);
  });

  it("fit into the same room however many people there are", () => {
    expect([brief(99_999), brief(100_000), brief(1_234_567)]).toEqual(["99,999", "10 万", "123.5 万"]);
  });
});
