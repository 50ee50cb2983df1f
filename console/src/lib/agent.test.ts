import { expect, test } from "vitest";
import { browserName } from "./agent";

test("a browser is named by what it is, and WeCom before the engine that it runs on", () => {
  const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
  const wecom = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/7.0.1 wxwork/4.1.3";
  expect(browserName(chrome)).toBe("Chrome · Windows");
  expect(browserName(wecom)).toBe("企业微信 · iOS");
  expect(browserName("curl/8")).toBe("");
});
