/** One step on the map; what was skipped or failed is as large as what was sent. */
import {
  BranchesOutlined,
  CheckCircleOutlined,
  ClockCircleOutlined,
  LoginOutlined,
  MailOutlined,
  NodeIndexOutlined,
} from "@ant-design/icons";
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import type { ReactNode } from "react";
import type { JourneyNode, NodeNumbers } from "../../api/types";
import { t } from "../../texts/zh-CN";
import { Stuck } from "./Stuck";

type Figure = keyof NodeNumbers;

export interface StepData extends Record<string, unknown> {
  node: JourneyNode;
  figures: [name: Figure, value: number][];
  stuck: number;
}

const ICONS: Record<string, ReactNode> = {
  trigger: <LoginOutlined />,
  send_message: <MailOutlined />,
  wait: <ClockCircleOutlined />,
  branch: <BranchesOutlined />,
  end: <CheckCircleOutlined />,
};

const FIGURES: Record<string, Figure[]> = {
  trigger: ["entered"],
  send_message: ["entered", "waiting", "sent", "delivered", "failed", "skipped"],
  wait: ["entered", "waiting", "passed"],
  branch: ["entered", "waiting", "passed"],
  end: ["entered"],
};
const OTHER: Figure[] = ["entered", "waiting", "passed"];

export function figuresOf(kind: string, numbers: NodeNumbers | undefined): [Figure, number][] {
  return (FIGURES[kind] ?? OTHER).map((name) => [name, numbers?.[name] ?? 0]);
}

/** In pixels, known before drawing, because the layout needs it. */
export function stepHeight(kind: string): number {
  const rows = Math.ceil((FIGURES[kind] ?? OTHER).length / 3);
  return 82 + rows * 50;
}

export function iconOfKind(kind: string): ReactNode {
  return ICONS[kind] ?? <NodeIndexOutlined />;
}

export function Figures({ figures }: { figures: [Figure, number][] }) {
  return (
    <dl className="step-figures">
      {figures.map(([name, value]) => (
        <div key={name} className={value > 0 ? `figure-${name}` : "figure-zero"}>
          <dd>{t.common.count(value)}</dd>
          <dt>{t.journeys.numbers[name]}</dt>
        </div>
      ))}
    </dl>
  );
}

export function StepNode({ data, selected }: NodeProps<Node<StepData>>) {
  const { node, figures, stuck } = data;
  return (
    <div className={`step step-${node.kind}${selected ? " step-selected" : ""}`}>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <header>
        <span className="step-icon">{iconOfKind(node.kind)}</span>
        <span className="step-text">
          <strong className="ellipsis">{node.label}</strong>
          <small className="ellipsis" title={node.summary}>
            {node.summary || (t.journeys.kinds[node.kind] === node.label ? "" : t.journeys.kinds[node.kind])}
          </small>
        </span>
        {stuck > 0 && <Stuck count={stuck} />}
      </header>
      <Figures figures={figures} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}
