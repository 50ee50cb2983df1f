/** The console's look on antd's tokens: ink, paper and racing green; figures always tabular. */
import { theme as antd, type ThemeConfig } from "antd";

const FONT =
  '-apple-system, BlinkMacSystemFont, "PingFang SC", "HarmonyOS Sans SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Segoe UI", Roboto, sans-serif';

/** The quietest that is still read: 4.5 to 1 on every ground of its own. */
const QUIET = { light: "#666c73", dark: "#8a929a" };

const shared = {
  fontFamily: FONT,
  fontSize: 14,
  borderRadius: 8,
  borderRadiusLG: 12,
  controlHeight: 36,
  wireframe: false,
};

const light: ThemeConfig = {
  algorithm: antd.defaultAlgorithm,
  token: {
    ...shared,
    colorPrimary: "#1d5b4f",
    colorInfo: "#1d5b4f",
    colorPrimaryBg: "#e7f0ed",
    colorPrimaryBgHover: "#d3e4de",
    colorInfoBg: "#e7f0ed",
    colorInfoBorder: "#c4d9d2",
    colorLink: "#1d5b4f",
    // Antd's own grounds of dark tones are so dull that their words are not read on them.
    colorSuccess: "#2f7d4f",
    colorSuccessBg: "#f1f8f3",
    colorSuccessBorder: "#c0dbc9",
    colorWarning: "#a05e0e",
    colorWarningBg: "#fcf5e9",
    colorWarningBorder: "#ead6b3",
    colorError: "#b3372f",
    colorErrorBg: "#fcefee",
    colorErrorBorder: "#efc8c4",
    colorErrorHover: "#9a2d26",
    colorBgLayout: "#f5f5f1",
    colorBgContainer: "#ffffff",
    colorText: "#15181c",
    colorTextSecondary: "#555c64",
    colorTextTertiary: QUIET.light,
    colorTextPlaceholder: QUIET.light,
    colorTextQuaternary: "#a3a8ad",
    colorBorder: "#d9d9d2",
    colorBorderSecondary: "#e9e9e3",
  },
};

const dark: ThemeConfig = {
  algorithm: antd.darkAlgorithm,
  token: {
    ...shared,
    colorPrimary: "#4fb39c",
    colorInfo: "#4fb39c",
    colorPrimaryBg: "#15302b",
    colorPrimaryBgHover: "#1c3f38",
    colorLink: "#6fcab4",
    colorSuccess: "#5fb37f",
    colorWarning: "#d9a04a",
    colorError: "#ee8a80",
    colorBgBase: "#101418",
    colorBgLayout: "#0d1013",
    colorBgContainer: "#161b20",
    colorBgElevated: "#1d2329",
    colorText: "#e8eaec",
    colorTextSecondary: "#a9b0b7",
    colorTextTertiary: QUIET.dark,
    colorTextPlaceholder: QUIET.dark,
    colorBorder: "#333a42",
    colorBorderSecondary: "#252b32",
  },
};

/** `isStill`: nothing moves. A list that waits for the end of a movement that is cut short would open outside of the window. */
export function themeFor(isDark: boolean, isStill = false): ThemeConfig {
  const base = isDark ? dark : light;
  return {
    ...base,
    token: { ...base.token, motion: !isStill },
    components: {
      Table: {
        headerBg: "transparent",
        headerSplitColor: "transparent",
        headerColor: isDark ? QUIET.dark : QUIET.light,
        cellPaddingBlock: 14,
        rowHoverBg: isDark ? "#1b2127" : "#fafaf7",
      },
      Button: {
        primaryShadow: "none",
        defaultShadow: "none",
        primaryColor: isDark ? "#0b1412" : "#ffffff",
        dangerColor: isDark ? "#1a0806" : "#ffffff",
        fontWeight: 500,
      },
      Segmented: { trackBg: isDark ? "#1d2329" : "#ebebe5", itemSelectedBg: isDark ? "#333a42" : "#ffffff" },
    },
  };
}
