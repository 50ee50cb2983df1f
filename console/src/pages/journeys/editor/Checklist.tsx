/** What keeps the journey from being published, and what is to be thought of; each leads to its step. */
import { CheckCircleFilled, CloseCircleFilled, ExclamationCircleFilled } from "@ant-design/icons";
import { Button, Checkbox, Drawer } from "antd";
import { memo, useEffect, useState } from "react";
import { checkGraph, estimateGraph, type Checked, type Estimate, type Problem } from "../../../api/journeys";
import { useIsPhone } from "../../../app/ThemeMode";
import { openEnds, type DraftGraph, type PortsOf } from "../../../lib/graph";
import { t } from "../../../texts";
import { useKnowledge } from "./knowledge";
import type { Mark } from "./Nodes";
import { ENTRY } from "./shape";

const REST_MS = 600;

/** The platform's opinion of what is drawn, a moment after the last stroke; null while nothing has been heard. */
export function useChecked(id: string, graph: DraftGraph): Checked | null {
  const [checked, setChecked] = useState<Checked | null>(null);
  useEffect(() => {
    let isLate = false;
    const timer = setTimeout(() => {
      checkGraph(id, graph).then(
        (found) => !isLate && setChecked(found),
        () => undefined,
      );
    }, REST_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [id, graph]);
  return checked;
}

/** How many people would enter, once what is drawn is sound; asked more rarely, as the platform has to look people up. */
export function useEstimate(id: string, graph: DraftGraph, isSound: boolean): Estimate | null {
  const [estimate, setEstimate] = useState<Estimate | null>(null);
  useEffect(() => {
    if (!isSound) return setEstimate(null);
    let isLate = false;
    const timer = setTimeout(() => {
      estimateGraph(id, graph).then(
        (told) => !isLate && setEstimate(told.estimate),
        () => undefined,
      );
    }, 4 * REST_MS);
    return () => {
      isLate = true;
      clearTimeout(timer);
    };
  }, [id, graph, isSound]);
  return estimate;
}

/** Which step a problem is about: the platform names it by its label and id. */
/** Of a graph, as much as it takes to find a step. */
export interface Steps {
  nodes: readonly { id: string }[];
}

export function stepOf(problem: Problem, graph: Steps): string | null {
  if (!problem.node) return problem.code ? null : ENTRY;
  const named = /（([a-z][a-z0-9_]*)）$/.exec(problem.node)?.[1] ?? problem.node;
  return graph.nodes.some((node) => node.id === named) ? named : null;
}

export function marksOf(checked: Checked | null, graph: DraftGraph): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>();
  for (const problem of checked?.warnings ?? []) {
    const step = problem.node ? stepOf(problem, graph) : null;
    if (step) marks.set(step, "warning");
  }
  for (const problem of checked?.errors ?? []) {
    const step = stepOf(problem, graph);
    if (step && graph.nodes.length > 0) marks.set(step, "error");
  }
  return marks;
}

interface ProblemsProps {
  problems: Problem[];
  kind: "error" | "warning";
  graph: Steps;
  onGo?: ((step: string) => void) | undefined;
  accepted?: readonly string[];
  onAccept?: (codes: string[]) => void;
}

export function Problems({ problems, kind, graph, onGo, accepted, onAccept }: ProblemsProps) {
  return (
    <ul className="problems">
      {problems.map((problem, index) => {
        const step = stepOf(problem, graph);
        const code = problem.code ?? "";
        return (
          <li key={index} className={`problem problem-${kind}`}>
            {kind === "error" ? <CloseCircleFilled /> : <ExclamationCircleFilled />}
            <span>{problem.message}</span>
            {onAccept && code && (
              <Checkbox
                checked={accepted?.includes(code) ?? false}
                onChange={(event) => onAccept(event.target.checked ? [...(accepted ?? []), code] : (accepted ?? []).filter((one) => one !== code))}
              >
                {t.editor.check.accept}
              </Checkbox>
            )}
            {onGo && step && (
              <Button size="small" type="link" onClick={() => onGo(step)}>
                {t.editor.check.go}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}

interface ChecklistProps {
  open: boolean;
  onClose: () => void;
  checked: Checked | null;
  graph: DraftGraph;
  portsOf: PortsOf;
  onGo: (step: string) => void;
  onCloseEnds: () => void;
}

export const Checklist = memo(function Checklist({ open, onClose, checked, graph, portsOf, onGo, onCloseEnds }: ChecklistProps) {
  const phone = useIsPhone();
  const { labelOf } = useKnowledge();
  const ends = graph.nodes.length > 0 ? openEnds(graph, portsOf) : [];
  const errors = checked?.errors ?? [];
  const warnings = checked?.warnings ?? [];
  const isGood = checked !== null && errors.length === 0 && ends.length === 0;
  return (
    <Drawer
      open={open}
      onClose={onClose}
      title={t.editor.check.title}
      placement={phone ? "bottom" : "right"}
      size={phone ? "72%" : 420}
      mask={false}
      getContainer={phone ? undefined : false}
      rootStyle={phone ? undefined : { position: "absolute" }}
    >
      {isGood && (
        <div className="check-good">
          <CheckCircleFilled />
          <strong>{t.editor.check.good}</strong>
          <p className="quiet">{t.editor.check.goodHint}</p>
        </div>
      )}
      {ends.length > 0 && (
        <section className="check-part">
          <ul className="problems">
            {ends.slice(0, 8).map(({ from, port, label }) => (
              <li key={`${from}/${port}`} className="problem problem-error">
                <CloseCircleFilled />
                <span>{t.editor.check.openEnd(labelOf(graph.nodes.find((node) => node.id === from) ?? { id: from, kind: from, config: {} }), label)}</span>
                <Button size="small" type="link" onClick={() => onGo(from)}>
                  {t.editor.check.go}
                </Button>
              </li>
            ))}
          </ul>
          <Button block onClick={onCloseEnds}>
            {t.editor.check.closeEnds(ends.length)}
          </Button>
        </section>
      )}
      {errors.length > 0 && (
        <section className="check-part">
          <h3>{t.editor.check.errors(errors.length)}</h3>
          <Problems problems={errors} kind="error" graph={graph} onGo={onGo} />
        </section>
      )}
      {warnings.length > 0 && (
        <section className="check-part">
          <h3>{t.editor.check.warnings(warnings.length)}</h3>
          <Problems problems={warnings} kind="warning" graph={graph} onGo={onGo} />
        </section>
      )}
    </Drawer>
  );
});
