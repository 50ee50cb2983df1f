/** How kinds of steps look, how they are grouped where the platform does not say, and what a new one begins with. */
import {
  ApiOutlined,
  BellOutlined,
  BranchesOutlined,
  CalendarOutlined,
  CheckCircleOutlined,
  ClockCircleOutlined,
  EditOutlined,
  ExperimentOutlined,
  FieldTimeOutlined,
  FlagOutlined,
  HourglassOutlined,
  LoginOutlined,
  LogoutOutlined,
  MailOutlined,
  MessageOutlined,
  NodeIndexOutlined,
  PartitionOutlined,
  SolutionOutlined,
  SubnodeOutlined,
  TagOutlined,
  TrophyOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import type { Kind, Palette } from "../../../api/journeys";
import type { Config } from "../../../lib/graph";
import { t } from "../../../texts";

const ICONS: Record<string, ReactNode> = {
  trigger: <LoginOutlined />,
  send_message: <MailOutlined />,
  ask_credit: <MessageOutlined />,
  wait: <ClockCircleOutlined />,
  wait_until: <CalendarOutlined />,
  wait_for: <HourglassOutlined />,
  branch: <BranchesOutlined />,
  split: <PartitionOutlined />,
  ab_test: <ExperimentOutlined />,
  sub_journey: <SubnodeOutlined />,
  add_tag: <TagOutlined />,
  remove_tag: <TagOutlined />,
  set_attribute: <EditOutlined />,
  create_lead: <FlagOutlined />,
  notify_staff: <BellOutlined />,
  staff_task: <SolutionOutlined />,
  webhook: <ApiOutlined />,
  goal: <TrophyOutlined />,
  exit: <LogoutOutlined />,
  end: <CheckCircleOutlined />,
  date: <CalendarOutlined />,
  schedule: <FieldTimeOutlined />,
  tag: <TagOutlined />,
  api: <ApiOutlined />,
};

/** Beside a word always, so that it is not read aloud. */
export const iconOf = (kind: string): ReactNode => (
  <span className="kind-icon" aria-hidden>
    {ICONS[kind] ?? <NodeIndexOutlined />}
  </span>
);

const GROUPS: Record<string, string[]> = {
  message: ["send_message", "ask_credit"],
  flow: ["wait", "wait_until", "wait_for", "branch", "split", "ab_test", "sub_journey", "goal", "exit", "end"],
  people: ["add_tag", "remove_tag", "set_attribute"],
  staff: ["staff_task", "notify_staff", "create_lead"],
  outside: ["webhook"],
};
const ORDER = Object.values(GROUPS).flat();

export function groupOf({ kind, group }: Kind): string {
  return group ?? Object.entries(GROUPS).find(([, kinds]) => kinds.includes(kind))?.[0] ?? "other";
}

export interface Group {
  group: string;
  label: string;
  kinds: Kind[];
}

/** The groups in their order, each with its kinds; those without one are left out. */
export function grouped(palette: Palette): Group[] {
  const named = new Map((palette.groups ?? []).map(({ group, label }) => [group, label]));
  const names = [...new Set([...Object.keys(GROUPS), ...named.keys(), "other"])];
  const rank = ({ kind }: Kind) => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);
  return names.flatMap((group) => {
    const kinds = palette.nodes.filter((kind) => groupOf(kind) === group).sort((one, other) => rank(one) - rank(other));
    return kinds.length > 0 ? [{ group, label: t.editor.groups[group] ?? named.get(group) ?? group, kinds }] : [];
  });
}

const ARMS = [
  { port: "a", label: "A", percent: 50 },
  { port: "b", label: "B", percent: 50 },
];

/** What most people would choose, so that a new step is as far as can be. */
const STARTS: Record<string, Config> = {
  wait: { amount: 1, unit: "day" },
  wait_for: { amount: 3, unit: "day", since: "arrival" },
  wait_until: { mode: "time", from_time: "10:00" },
  split: { arms: ARMS },
  ab_test: { arms: ARMS, metric: "goal" },
  staff_task: { to: "owner", hours: 24 },
  notify_staff: { to: "owner" },
  send_message: { purpose: "marketing" },
};

export const startOf = (kind: string): Config => structuredClone(STARTS[kind] ?? {});
