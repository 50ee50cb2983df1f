/** How messages stand in lists, wherever they are listed. */
import type { TableColumnsType } from "antd";
import { Link } from "react-router";
import type { SendRow } from "../../api/messages";
import { Moment } from "../../parts/Moment";
import { Status, type Tone } from "../../parts/Status";
import { t } from "../../texts";

const s = t.messages.sends;

const TONES: Record<SendRow["status"], Tone> = {
  planned: "warn",
  claimed: "busy",
  accepted: "good",
  rejected: "bad",
  unknown: "warn",
  cancelled: "idle",
  skipped: "idle",
};

export const sendLink = (row: SendRow) => `/messages/log/${row.id}`;
export const nameOfRecipient = (row: SendRow) => row.nickname || (row.staff_id ? s.staff : t.common.unnamed());

/** What we know of the outcome; what the platform said later is stronger than that it took the message. */
export function Outcome({ send }: { send: SendRow }) {
  if (send.delivery)
    return <Status value={send.delivery} texts={s.delivery} tone={send.delivery === "success" ? "good" : "bad"} />;
  return <Status value={send.status} texts={{ [send.status]: send.status_label }} tone={TONES[send.status]} />;
}

export const columns: TableColumnsType<SendRow> = [
  {
    title: s.columns.person,
    width: 170,
    render: (_, row) => (
      <Link to={sendLink(row)} className="message-name">
        {nameOfRecipient(row)}
      </Link>
    ),
  },
  {
    title: s.columns.what,
    width: 240,
    render: (_, row) => (
      <span className="two-lines wide">
        <span>{row.template_title}</span>
        <small>{row.channel_label}</small>
      </span>
    ),
  },
  { title: s.columns.status, width: 130, render: (_, row) => <Outcome send={row} /> },
  { title: s.columns.why, render: (_, row) => <span className="send-why">{row.reason_text ?? t.common.none}</span> },
  { title: s.columns.at, width: 140, render: (_, row) => <Moment at={row.created_at} /> },
];

export function sendCard(row: SendRow) {
  return (
    <>
      <div className="card-row">
        <strong className="message-name ellipsis">{nameOfRecipient(row)}</strong>
        <Outcome send={row} />
      </div>
      <div className="card-row">
        <span className="ellipsis">{row.template_title}</span>
        <span className="quiet">{row.channel_label}</span>
      </div>
      <div className="card-row card-foot">
        <span className="ellipsis">{row.reason_text}</span>
        <Moment at={row.created_at} />
      </div>
    </>
  );
}
