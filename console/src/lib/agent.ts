/** What a browser says it is, in a few words: `Chrome · Windows`. */

const BROWSERS: [RegExp, string][] = [
  [/wxwork\//i, "企业微信"],
  [/MicroMessenger\//, "微信"],
  [/Edg\//, "Edge"],
  [/Firefox\//, "Firefox"],
  [/Chrome\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: [RegExp, string][] = [
  [/iPhone|iPad/, "iOS"],
  [/HarmonyOS|OpenHarmony/, "HarmonyOS"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

const first = (known: [RegExp, string][], agent: string) => known.find(([words]) => words.test(agent))?.[1];

export function browserName(agent: string): string {
  return [first(BROWSERS, agent), first(SYSTEMS, agent)].filter(Boolean).join(" · ");
}
