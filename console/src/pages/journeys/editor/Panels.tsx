/** Beside the sheet: the settings of what is chosen, with what it does in one sentence. */
import { CopyOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Collapse, Dropdown, Input, InputNumber, Segmented } from "antd";
import type { Estimate } from "../../../api/journeys";
import { change, MOST_TRIGGERS, nodeOf, type Config, type DraftGraph, type DraftNode } from "../../../lib/graph";
import { t } from "../../../texts";
import { Coming, Reach } from "./Estimates";
import { Fields, Labelled } from "./Field";
import { iconOf } from "./kinds";
import { useKnowledge } from "./knowledge";

type Change = (how: (graph: DraftGraph) => DraftGraph, what?: string | null) => void;

interface PanelProps {
  graph: DraftGraph;
  estimate: Estimate | null;
  change: Change;
}

interface NodePanelProps extends PanelProps {
  node: DraftNode;
  onRemove: () => void;
  onCopy: () => void;
}

export function NodePanel({ node, estimate, change: stroke, onRemove, onCopy }: NodePanelProps) {
  const { kindOf, told, portsOf } = useKnowledge();
  const kind = kindOf(node.kind);
  const said = told("nodes", node.kind, node.config);
  const set = (changed: Partial<DraftNode>, what: string) => stroke((graph) => change(graph, node.id, changed, portsOf), `${node.id}.${what}`);
  const name = kind?.label ?? node.kind;
  const reach = estimate?.messages.find((message) => message.node === node.id && message.asked > 0);
  return (
    <div className="epanel" key={node.id}>
      <header className="epanel-head">
        <span className="step-icon">{iconOf(node.kind)}</span>
        <span className="step-text">
          <strong className="ellipsis">{node.label || name}</strong>
          <small>{name}</small>
        </span>
      </header>
      <p className="epanel-summary" aria-live="polite">
        {said?.summary || <span className="quiet">{t.editor.summaryWaits}</span>}
      </p>
      {reach && <Reach message={reach} />}
      {said && said.problems.length > 0 && (
        <Alert
          type="error"
          showIcon
          title={
            <ul className="plain-list">
              {said.problems.map(({ field, message }) => (
                <li key={field + message}>{t.editor.fieldSays(field, message)}</li>
              ))}
            </ul>
          }
        />
      )}
      <Labelled label={t.editor.label} hint={null}>
        {(id) => (
          <Input
            id={id}
            value={node.label ?? ""}
            placeholder={name}
            maxLength={40}
            onChange={(event) => set({ label: event.target.value || undefined } as Partial<DraftNode>, "label")}
          />
        )}
      </Labelled>
      {kind && <Fields form={kind.form} schema={kind.schema} value={node.config} onChange={(config) => set({ config }, "config")} />}
      {kind?.acts && <LatePart late={node.late ?? null} onChange={(late) => set({ late }, "late")} />}
      <footer className="epanel-foot">
        <Button icon={<CopyOutlined />} onClick={onCopy}>
          {t.editor.copy}
        </Button>
        <Button icon={<DeleteOutlined />} danger title={t.editor.removeHint} onClick={onRemove}>
          {t.editor.remove}
        </Button>
      </footer>
    </div>
  );
}

function LatePart({ late, onChange }: { late: Config | null; onChange: (late: Config | null) => void }) {
  if (!late)
    return (
      <Labelled label={t.editor.late} hint={t.editor.lateHint}>
        {(id) => (
          <Button id={id} size="small" icon={<PlusOutlined />} onClick={() => onChange({ after_minutes: 60, then: "skip" })}>
            {t.editor.field.set}
          </Button>
        )}
      </Labelled>
    );
  return (
    <fieldset className="efield-group">
      <legend>{t.editor.late}</legend>
      <div className="efields">
        <Labelled label={t.editor.lateAfter}>
          {(id) => (
            <InputNumber id={id} min={1} max={43_200} value={late["after_minutes"] as number} onChange={(value) => onChange({ ...late, after_minutes: value ?? 60 })} />
          )}
        </Labelled>
        <Segmented
          vertical
          block
          aria-label={t.editor.lateThen}
          value={late["then"] as string}
          options={Object.entries(t.editor.lateChoices).map(([value, label]) => ({ value, label }))}
          onChange={(then) => onChange({ ...late, then })}
        />
      </div>
      <Button size="small" type="text" icon={<DeleteOutlined />} onClick={() => onChange(null)}>
        {t.editor.field.clear}
      </Button>
    </fieldset>
  );
}

/** In which part of the rules each stands; a rule that is new to the console stands among the limits. */
const PARTS: [string, string[]][] = [
  [t.editor.rules.goal, ["goal", "holdout_percent"]],
  [t.editor.rules.leaving, ["exit_on", "exit_if", "ttl_days"]],
  [t.editor.rules.limits, ["reentry", "throttle", "starts_at", "ends_at", "priority"]],
];

export function EntryPanel({ graph, estimate, change: stroke }: PanelProps) {
  const { palette, told } = useKnowledge();
  const write = (triggers: DraftGraph["triggers"]) => stroke((before) => ({ ...before, triggers }), "triggers");
  const named = PARTS.flatMap(([, names]) => names);
  const parts = PARTS.map(([label, names], index) => ({
    key: label,
    label: <RuleTitle label={label} count={names.filter((name) => graph.rules[name] !== undefined && graph.rules[name] !== null).length} />,
    children: (
      <Fields
        form={palette.rules.filter(({ name }) => names.includes(name) || (index === PARTS.length - 1 && !named.includes(name)))}
        value={graph.rules}
        onChange={(rules) => stroke((before) => ({ ...before, rules }), "rules")}
      />
    ),
  }));
  return (
    <div className="epanel">
      <header className="epanel-head">
        <span className="step-icon step-icon-entry">{iconOf("trigger")}</span>
        <span className="step-text">
          <strong>{t.editor.entry}</strong>
          <small>{t.editor.entryHint}</small>
        </span>
      </header>
      {estimate && <Coming estimate={estimate} />}
      {graph.triggers.map((trigger, index) => {
        const kind = palette.triggers.find((one) => one.kind === trigger.kind);
        const said = told("triggers", trigger.kind, trigger.config);
        return (
          <fieldset className="efield-group" key={index}>
            <legend>{kind?.label ?? trigger.kind}</legend>
            {said?.summary && <p className="epanel-summary">{said.summary}</p>}
            {kind && (
              <Fields
                form={kind.form}
                schema={kind.schema}
                value={trigger.config}
                onChange={(config) => write(graph.triggers.map((one, at) => (at === index ? { ...one, config } : one)))}
              />
            )}
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={t.editor.removeTrigger}
              onClick={() => write(graph.triggers.filter((_, at) => at !== index))}
            >
              {t.editor.remove}
            </Button>
          </fieldset>
        );
      })}
      {graph.triggers.length < MOST_TRIGGERS && (
        <Dropdown
          trigger={["click"]}
          menu={{
            items: palette.triggers.map(({ kind, label }) => ({ key: kind, label, icon: iconOf(kind) })),
            onClick: ({ key }) => write([...graph.triggers, { kind: key, config: {} }]),
          }}
        >
          <Button icon={<PlusOutlined />} block type={graph.triggers.length === 0 ? "primary" : "default"}>
            {t.editor.addTrigger}
          </Button>
        </Dropdown>
      )}
      <h3 className="epanel-title">{t.editor.rules.title}</h3>
      <Collapse size="small" items={parts} />
    </div>
  );
}

function RuleTitle({ label, count }: { label: string; count: number }) {
  return (
    <span className="rule-title">
      {label}
      {count > 0 && <span className="rule-count">{count}</span>}
    </span>
  );
}

export function ManyPanel({ ids, graph, onCopy, onRemove }: { ids: readonly string[]; graph: DraftGraph; onCopy: () => void; onRemove: () => void }) {
  const { labelOf } = useKnowledge();
  return (
    <div className="epanel">
      <header className="epanel-head">
        <strong>{t.editor.many(ids.length)}</strong>
      </header>
      <p className="quiet">{t.editor.manyHint}</p>
      <ul className="plain-list">
        {ids.map((id) => {
          const node = nodeOf(graph, id);
          return node && <li key={id}>{labelOf(node)}</li>;
        })}
      </ul>
      <footer className="epanel-foot">
        <Button icon={<CopyOutlined />} onClick={onCopy}>
          {t.editor.copy}
        </Button>
        <Button icon={<DeleteOutlined />} danger onClick={onRemove}>
          {t.editor.remove}
        </Button>
      </footer>
    </div>
  );
}
