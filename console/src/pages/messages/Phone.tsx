/** A message as WeChat draws it on her phone: a card of typed rows, a short message, or a bubble of the conversation. */
import { RightOutlined } from "@ant-design/icons";
import type { Preview, WritableChannel } from "../../api/templates";
import { t } from "../../texts";

const w = t.messages.template;

interface PhoneProps {
  channel: WritableChannel;
  title: string;
  labels: Map<string, string>;
  preview: Preview | undefined;
  hasPage: boolean;
}

function Said({ field }: { field: Preview["fields"][number] | undefined }) {
  if (!field?.text && !field?.problem) return "…";
  return field.problem ? <span className="phone-gap">{field.problem}</span> : field.text;
}

export function PhoneMessage({ channel, title, labels, preview, hasPage }: PhoneProps) {
  const fields = preview?.fields.filter((one) => one.name !== "page") ?? [];
  const of = (name: string) => fields.find((one) => one.name === name);
  const isCard = channel.parts === null || channel.kind === "service_notice" || channel.kind === "inbox";
  return (
    <div className="phone" role="img" aria-label={w.preview}>
      <div className="phone-bar">{channel.label}</div>
      <div className="phone-screen">
        {isCard ? (
          <div className="phone-card">
            <strong>{channel.kind === "inbox" ? (of("title")?.text ?? title) : title || w.untitled}</strong>
            {channel.kind === "inbox" ? (
              <p>
                <Said field={of("content")} />
              </p>
            ) : (
              <dl>
                {[...labels].map(([key, label]) => (
                  <div key={key}>
                    <dt>{label}</dt>
                    <dd>
                      <Said field={of(key)} />
                    </dd>
                  </div>
                ))}
              </dl>
            )}
            {hasPage && (
              <span className="phone-more">
                {w.more} <RightOutlined />
              </span>
            )}
          </div>
        ) : (
          fields.map((field) => (
            <p key={field.name} className="phone-bubble">
              <Said field={field} />
            </p>
          ))
        )}
      </div>
    </div>
  );
}
