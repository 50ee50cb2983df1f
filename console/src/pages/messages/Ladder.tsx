/** The ways to reach each person, best first: which message over which channel. */
import { ArrowUpOutlined, DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Select } from "antd";
import type { BroadcastDraft, Rung } from "../../api/broadcasts";
import { useMessageTemplates } from "../../api/journeys";
import { useWriting } from "../../api/templates";
import { rowsOf } from "../../lib/rows";
import { t } from "../../texts";

const b = t.messages.broadcast;
const MOST = 6;

interface LadderProps {
  value: Rung[];
  purpose: BroadcastDraft["purpose"];
  onChange: (ladder: Rung[]) => void;
  /** The places that the platform refused. */
  unfit: number[];
}

export function Ladder({ value, purpose, onChange, unfit }: LadderProps) {
  const templates = useMessageTemplates();
  const writing = useWriting();
  const reaching = new Set(writing.data?.channels.filter((way) => way.to === "customer").map((way) => way.kind));
  const usable = rowsOf(templates).filter(
    // What is marketing may not go out as a notice: nobody's consent would be asked for.
    (one) => one.state === "active" && reaching.has(one.channel) && (purpose === "marketing" || one.purpose !== "marketing"),
  );
  const optionsFor = (place: number) => {
    const taken = new Set(value.filter((_, other) => other !== place).map((rung) => rung.channel));
    const channels = new Map(usable.filter((one) => !taken.has(one.channel)).map((one) => [one.channel, one.channel_label]));
    return [...channels].map(([channel, label]) => ({
      label,
      options: usable.filter((one) => one.channel === channel).map((one) => ({ value: `${channel}/${one.key}`, label: one.title || one.key })),
    }));
  };
  const put = (place: number, chosen: string) => {
    const [channel = "", template_key = ""] = chosen.split("/");
    onChange(value.map((rung, one) => (one === place ? { channel, template_key } : rung)));
  };
  const up = (place: number) => {
    const next = [...value];
    next.splice(place - 1, 0, ...next.splice(place, 1));
    onChange(next);
  };
  const labelOf = (rung: Rung) => rowsOf(templates).find((one) => one.channel === rung.channel)?.channel_label;
  return (
    <div className="ladder">
      <ol>
        {value.map((rung, place) => (
          <li key={place}>
            <span className="quiet">{place === 0 ? b.first : b.then}</span>
            <span className="ladder-rung">
              <Select
                aria-label={`${place === 0 ? b.first : b.then} ${b.pickTemplate}`}
                value={rung.template_key ? `${rung.channel}/${rung.template_key}` : null}
                onChange={(chosen: string | null) => chosen && put(place, chosen)}
                options={optionsFor(place)}
                placeholder={b.pickTemplate}
                loading={templates.isPending || writing.isPending}
                notFoundContent={b.noTemplates}
                showSearch={{ optionFilterProp: "label" }}
                {...(unfit.includes(place) ? { status: "error" as const } : {})}
              />
              <small className={unfit.includes(place) ? "bad" : "quiet"}>{unfit.includes(place) ? b.wayUnfit : labelOf(rung)}</small>
            </span>
            <span>
              {place > 0 && <Button type="text" icon={<ArrowUpOutlined />} aria-label={b.first} onClick={() => up(place)} />}
              {value.length > 1 && (
                <Button type="text" icon={<DeleteOutlined />} aria-label={b.dropWay} onClick={() => onChange(value.filter((_, one) => one !== place))} />
              )}
            </span>
          </li>
        ))}
      </ol>
      {value.length < MOST && (
        <Button type="dashed" block icon={<PlusOutlined />} onClick={() => onChange([...value, { channel: "", template_key: "" }])}>
          {b.addWay}
        </Button>
      )}
    </div>
  );
}
