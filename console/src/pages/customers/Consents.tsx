/** What she agreed to and what she refused, of which purpose, over which channel, and how we know. */
import { CheckCircleFilled, StopOutlined } from "@ant-design/icons";
import type { ConsentWord, Customer, RefusalWord } from "../../api/types";
import { Moment } from "../../parts/Moment";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";

const c = t.customer;

/** Who said it or wrote it down for her, and where she was asked. */
function evidence(source: string, recordedBy: string | null, scene?: string | null): string {
  const who = recordedBy ? c.recordedBy(recordedBy) : (c.wishSources[source] ?? source);
  return scene ? `${who} · ${scene}` : who;
}

function about({ purpose, channel_label }: ConsentWord | RefusalWord): string {
  const words = c.consentPurposes[purpose] ?? purpose;
  return channel_label ? `${words} · ${channel_label}` : words;
}

export function ConsentsPanel({ customer }: { customer: Customer }) {
  const { consents, refusals } = customer;
  return (
    <Panel title={c.consents}>
      {consents.length + refusals.length === 0 ? (
        <span className="quiet">{c.noConsents}</span>
      ) : (
        <ul className="plain">
          {consents.map((consent) => (
            <li key={`${consent.purpose}.${consent.channel}`} className="consent">
              <span>{about(consent)}</span>
              {consent.withdrawn_at ? (
                <span className="quiet">{c.withdrawn}</span>
              ) : (
                <span className="consent-given">
                  <CheckCircleFilled /> {c.granted}
                </span>
              )}
              <small className="quiet">
                {c.version(consent.text_version)} · <Moment at={consent.withdrawn_at ?? consent.given_at} /> ·{" "}
                {evidence(consent.source, consent.recorded_by, consent.scene)}
              </small>
            </li>
          ))}
          {refusals.map((refusal) => (
            <li key={`refused.${refusal.purpose}.${refusal.channel}`} className="consent">
              <span>{about(refusal)}</span>
              {refusal.lifted_at ? (
                <span className="quiet">{c.lifted}</span>
              ) : (
                <span className="bad">
                  <StopOutlined /> {c.refused}
                </span>
              )}
              <small className="quiet">
                <Moment at={refusal.lifted_at ?? refusal.refused_at} /> · {evidence(refusal.source, refusal.recorded_by)}
              </small>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
