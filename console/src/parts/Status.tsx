/** A state as a dot and a word; the tone is decided here, once for all states of the platform. */
import { t } from "../texts";

export type Tone = "idle" | "busy" | "good" | "warn" | "bad";

const TONES: Record<string, Tone> = {
  // orders and the payment axis
  created: "idle",
  awaiting_payment: "warn",
  paid: "good",
  confirmed: "good",
  converted: "good",
  full: "good",
  partial: "warn",
  overcharged: "bad",
  refunding: "warn",
  requested: "warn",
  submitted: "busy",
  abnormal: "bad",
  unknown: "warn",
  failed: "bad",
  succeeded: "good",
  prepay_ok: "busy",
  soft_held: "warn",
  hard_held: "good",
  cancelling: "warn",
  // reconciliation
  downloading: "busy",
  matching: "busy",
  open: "bad",
  resolved: "good",
  cleared_by_itself: "good",
  // leads
  new: "warn",
  assigned: "warn",
  accepted: "busy",
  callback_promised: "busy",
  test_drive_booked: "good",
  won: "good",
  // journeys and walks
  active: "busy",
  paused: "warn",
  completed: "good",
  stuck: "bad",
};

interface StatusProps {
  value: string;
  texts: Record<string, string>;
  /** Where a word means something better or worse than elsewhere. */
  tone?: Tone;
}

export function Status({ value, texts, tone = TONES[value] ?? "idle" }: StatusProps) {
  return <span className={`status status-${tone}`}>{texts[value] ?? value}</span>;
}

export function Grade({ value }: { value: string | null }) {
  if (!value) return <span className="quiet">{t.common.none}</span>;
  return (
    <span className={`grade grade-${value}`} title={t.leads.gradeHint}>
      {value}
    </span>
  );
}
