/** The ways out of a node before the platform has been asked: what its settings name, else what its kind has. */
import { t } from "../texts";
import type { DraftNode, Port } from "./graph";

const known = (...ports: string[]): Port[] => ports.map((port) => ({ port, label: port === "done" ? "" : (t.editor.ports[port] ?? port) }));

type Way = { port?: string; label?: string };
const named = (ways: unknown): Port[] =>
  (Array.isArray(ways) ? (ways as Way[]) : []).flatMap(({ port, label }) => (port ? [{ port, label: label || port }] : []));

/** Of the kinds whose ways depend on their settings. */
const BY_SETTINGS: Record<string, (config: Record<string, unknown>) => Port[]> = {
  branch: ({ ways, condition }) => (!condition && named(ways).length > 0 ? [...named(ways), ...known("else")] : known("yes", "no")),
  split: ({ arms }) => named(arms),
  ab_test: ({ arms }) => named(arms),
  send_message: ({ wait_hours }) => (wait_hours ? known("sent", "not_sent") : known("done")),
  sub_journey: ({ wait }) => known(wait === false ? "entered" : "ended", "not_entered"),
  wait_until: ({ mode }) => (mode === "date" ? known("done", "no_date", "passed") : known("done")),
};

const BY_KIND: Record<string, string[]> = {
  ask_credit: ["granted", "timed_out"],
  staff_task: ["confirmed", "timed_out"],
  wait_for: ["happened", "timed_out"],
  webhook: ["answered", "failed"],
  end: [],
  exit: [],
};

/** `told` is what the platform says of these very settings, `usual` what it says of the kind. */
export function portsOf(node: DraftNode, told: Port[] | null | undefined, usual: Port[] | null | undefined): Port[] {
  const blank = (port: Port): Port => (port.port === "done" ? { ...port, label: "" } : port);
  if (told) return told.map(blank);
  const bySettings = BY_SETTINGS[node.kind];
  if (bySettings) return bySettings(node.config);
  const byKind = BY_KIND[node.kind];
  if (byKind) return known(...byKind);
  return (usual ?? known("done")).map(blank);
}
