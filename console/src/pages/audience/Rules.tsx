/** What gives a tag by itself, and whom a change would concern, told before it is saved. */
import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { App, Button, Checkbox, InputNumber, Segmented, Select } from "antd";
import { useState } from "react";
import { useAffected, useTagAction, type Behaviour, type Rule, type TagAction, type TagPage } from "../../api/audience";
import { usePalette } from "../../api/journeys";
import { failureText } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { Labelled } from "../journeys/editor/Field";
import "../journeys/editor/editor.css";

const g = t.audience.tag;

function EventSelect({ id, value, onChange }: { id: string; value: string | undefined; onChange: (value: string) => void }) {
  const palette = usePalette();
  return (
    <Select
      id={id}
      aria-label={g.event}
      value={value}
      onChange={onChange}
      options={palette.data?.events ?? []}
      loading={palette.isPending}
      placeholder={t.editor.field.pick}
      showSearch={{ optionFilterProp: "label" }}
    />
  );
}

function useActing(tag: TagPage) {
  const { message } = App.useApp();
  const act = useTagAction(tag.id);
  const run = (action: TagAction, then?: () => void) =>
    act.mutateAsync(action).then(
      () => {
        void message.success(g.saved);
        then?.();
      },
      (error) => void message.error(failureText(error)),
    );
  return { run, isBusy: act.isPending };
}

export function RulesPanel({ tag }: { tag: TagPage }) {
  const { modal } = App.useApp();
  const { run, isBusy } = useActing(tag);
  const [drawn, setDrawn] = useState<Partial<Rule> | null>(null);
  const rule: Rule | null = drawn?.event_name ? { event_name: drawn.event_name, action: drawn.action ?? "add" } : null;
  const affected = useAffected(tag.id, rule && { rule });
  return (
    <Panel
      title={g.rules}
      extra={
        !drawn && (
          <Button size="small" type="text" icon={<PlusOutlined />} onClick={() => setDrawn({})}>
            {g.addRule}
          </Button>
        )
      }
    >
      {tag.rules.length === 0 && !drawn && <span className="quiet">{g.noRules}</span>}
      <ul className="plain">
        {tag.rules.map((one) => (
          <li key={one.id} className="rule-line">
            <span>
              {one.event_label} <span className="quiet">→ {g.ruleActions[one.action]}</span>
            </span>
            <Button
              size="small"
              type="text"
              icon={<DeleteOutlined />}
              aria-label={g.dropRule}
              onClick={() =>
                void modal.confirm({
                  title: g.dropRule,
                  content: g.dropRuleHint,
                  okText: g.dropRule,
                  okButtonProps: { danger: true },
                  onOk: () => run({ does: "drop-rule", rule: one.id }),
                })
              }
            />
          </li>
        ))}
      </ul>
      {drawn && (
        <div className="panel-form">
          <Labelled label={g.event} required>
            {(id) => <EventSelect id={id} value={drawn.event_name} onChange={(event_name) => setDrawn({ ...drawn, event_name })} />}
          </Labelled>
          <Segmented
            block
            aria-label={g.action}
            value={drawn.action ?? "add"}
            onChange={(action) => setDrawn({ ...drawn, action })}
            options={(["add", "remove"] as const).map((value) => ({ value, label: g.ruleActions[value] }))}
          />
          {affected.data && <span className="quiet" aria-live="polite">{g.last30(affected.data.gaining, affected.data.losing)}</span>}
          <Button type="primary" disabled={!rule} loading={isBusy} onClick={() => rule && void run({ does: "rule", body: rule }, () => setDrawn(null))}>
            {t.common.save}
          </Button>
        </div>
      )}
    </Panel>
  );
}

export function BehaviourPanel({ tag }: { tag: TagPage }) {
  const { run, isBusy } = useActing(tag);
  const held = tag.behaviour;
  const [drawn, setDrawn] = useState<Behaviour | null>(null);
  const whole = drawn?.event_name ? drawn : null;
  const affected = useAffected(tag.id, whole && { behaviour: whole });
  const start = held
    ? { event_name: held.event_name, at_least: held.at_least, within_hours: held.within_hours, different: held.different }
    : { event_name: "", at_least: 3, within_hours: 7 * 24, different: false };
  return (
    <Panel
      title={g.behaviour}
      extra={
        !drawn && (
          <Button size="small" type="text" onClick={() => setDrawn(start)}>
            {g.setBehaviour}
          </Button>
        )
      }
    >
      {held ? g.behaviourWords(held.event_label, held.at_least, held.within_hours) : !drawn && <span className="quiet">{g.noBehaviour}</span>}
      {held?.counting && <p className="quiet">{g.counting}</p>}
      {drawn && (
        <div className="panel-form">
          <Labelled label={g.event} required>
            {(id) => <EventSelect id={id} value={drawn.event_name || undefined} onChange={(event_name) => setDrawn({ ...drawn, event_name })} />}
          </Labelled>
          <Labelled label={g.times}>
            {(id) => <InputNumber id={id} min={1} max={1000} precision={0} value={drawn.at_least} onChange={(n) => setDrawn({ ...drawn, at_least: n ?? 1 })} />}
          </Labelled>
          <Labelled label={g.withinDays}>
            {(id) => (
              <InputNumber
                id={id}
                min={1}
                max={365}
                precision={0}
                value={Math.max(1, Math.round(drawn.within_hours / 24))}
                onChange={(days) => setDrawn({ ...drawn, within_hours: (days ?? 1) * 24 })}
              />
            )}
          </Labelled>
          <Checkbox checked={drawn.different} onChange={(event) => setDrawn({ ...drawn, different: event.target.checked })}>
            {g.different}
          </Checkbox>
          {affected.data && <span className="quiet" aria-live="polite">{g.affected(affected.data.gaining, affected.data.losing)}</span>}
          <Button type="primary" disabled={!whole} loading={isBusy} onClick={() => whole && void run({ does: "behaviour", body: whole }, () => setDrawn(null))}>
            {t.common.save}
          </Button>
        </div>
      )}
    </Panel>
  );
}
