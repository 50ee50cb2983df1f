/** What the pages of plans share: states, words for keys, who may change them, and the steps that she takes. */
import { App, Button } from "antd";
import { Link, useNavigate } from "react-router";
import { usePlanChoices, usePlanStep, type Plan, type PlanRow, type PlanState } from "../../api/plans";
import { useStaff } from "../../app/session";
import { failureText } from "../../parts/Failure";
import { Status, type Tone } from "../../parts/Status";
import { t } from "../../texts";

const p = t.plans;
const TONES: Record<PlanState, Tone> = { draft: "idle", upcoming: "busy", running: "good", over: "idle", ended: "idle" };

export const HOME = { to: "/plans", label: p.title };

export function PlanStatus({ plan }: { plan: PlanRow }) {
  return <Status value={plan.state} texts={p.filters} tone={TONES[plan.state]} />;
}

export const useMayKeep = () => ["admin", "finance"].includes(useStaff().role);

/** The words for keys; a key that nobody knows any more is its own. */
export function useWords() {
  const choices = usePlanChoices().data;
  const word = (of: "series" | "conditions") => (key: string) => choices?.[of].find((one) => one.key === key)?.label ?? key;
  return { series: word("series"), condition: word("conditions") };
}

export function Steps({ plan }: { plan: Plan }) {
  const { message, modal } = App.useApp();
  const navigate = useNavigate();
  const step = usePlanStep(plan);
  const isDraft = plan.state === "draft";
  const ask = (name: "publish" | "discard" | "end", title: string, lines: string[], done: string) =>
    modal.confirm({
      title,
      content: lines.map((line) => <p key={line}>{line}</p>),
      okText: p[name],
      okButtonProps: { danger: name !== "publish" },
      cancelText: t.common.cancel,
      onOk: () =>
        step.mutateAsync(name).then(
          () => {
            void message.success(done);
            if (name === "discard") void navigate(HOME.to);
          },
          (error) => void message.error(failureText(error)),
        ),
    });
  const publish = () => {
    const instead = plan.replaces?.version ? p.publishReplaces(plan.replaces.version) : p.publishNew;
    ask("publish", p.publishTitle(plan.name), [p.publishCars(plan.cars), instead, p.publishFixed], p.published);
  };
  if (isDraft)
    return (
      <>
        <Button danger onClick={() => ask("discard", p.discardTitle(plan.name), [p.discardHint], p.discarded)}>
          {p.discard}
        </Button>
        <Link to={`/plans/${plan.id}/edit`}>
          <Button>{p.edit}</Button>
        </Link>
        <Button type="primary" onClick={publish}>
          {p.publish}
        </Button>
      </>
    );
  return (
    <>
      {plan.state !== "ended" && (
        <Button danger onClick={() => ask("end", p.endTitle(plan.name), [p.endCars(plan.cars), p.endHint], p.ended)}>
          {p.end}
        </Button>
      )}
      <Link to={`/plans/new?from=${plan.id}`}>
        <Button type="primary">{plan.state === "ended" ? p.draftFrom : p.redraft}</Button>
      </Link>
    </>
  );
}
