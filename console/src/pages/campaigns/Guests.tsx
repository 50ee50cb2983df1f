/** Who answered and who was there, newest first; each leads to the person, and her answer to the lead it made. */
import { Segmented, Skeleton } from "antd";
import { useState } from "react";
import { Link } from "react-router";
import { useAnswers, useCheckIns, useCodes, type Answer, type Campaign, type CheckIn } from "../../api/campaigns";
import { rowsOf, type Pages } from "../../lib/rows";
import { Failure } from "../../parts/Failure";
import { Moment } from "../../parts/Moment";
import { Nothing } from "../../parts/Nothing";
import { Panel } from "../../parts/Panel";
import { PersonLine } from "../../parts/People";
import { More } from "../../parts/ResourceList";
import { t } from "../../texts";

const g = t.campaigns.guests;

/** What she filled in, in the words of the form; ids of stores and cars stand for themselves on the lead. */
function Given({ campaign, answer }: { campaign: Campaign; answer: Answer }) {
  const given = answer.given;
  if (!given) return <small className="quiet">{g.forgotten}</small>;
  const titles = new Map(campaign.vehicles.map(({ id, name }) => [id, name]));
  const said = campaign.form.fields.flatMap(({ key, kind, label }) => {
    const value = given[key];
    if (typeof value !== "string" || kind === "store") return [];
    return [t.say.says(label, kind === "vehicle" ? (titles.get(value) ?? t.common.none) : kind === "phone" ? g.bound : value)];
  });
  return <small className="quiet campaign-words">{said.join(" · ")}</small>;
}

function List<R extends Answer | CheckIn>({ campaign, pages, empty, hint, says }: { campaign: Campaign; pages: Pages<R>; empty: string; hint: string; says: (row: R) => React.ReactNode }) {
  const codes = useCodes(campaign.id).data;
  const rows = rowsOf(pages);
  const labels = new Map(codes?.items.map(({ id, label }) => [id, label]));
  if (pages.isPending) return <Skeleton active title={false} />;
  if (pages.error && rows.length === 0) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (rows.length === 0) return <Nothing title={empty} hint={hint} />;
  return (
    <>
      <ul className="plain campaign-items">
        {rows.map((row) => (
          <li key={row.id}>
            <span className="two-lines">
              <Link to={`/customers/${row.customer_id}`}>
                <PersonLine person={{ ...row, id: row.customer_id }} />
              </Link>
              {says(row)}
            </span>
            <span className="two-lines campaign-when">
              <Moment at={row.created_at} />
              {row.code_id && <small className="ellipsis">{labels.get(row.code_id) ?? row.code_id}</small>}
            </span>
          </li>
        ))}
      </ul>
      <More pages={pages} />
    </>
  );
}

function Answers({ campaign }: { campaign: Campaign }) {
  return (
    <List
      campaign={campaign}
      pages={useAnswers(campaign.id)}
      empty={g.noAnswers}
      hint={g.noAnswersHint}
      says={(row) => (
        <>
          <Given campaign={campaign} answer={row} />
          {row.lead_id && (
            <small>
              <Link to={`/leads/${row.lead_id}`}>{g.lead}</Link>
            </small>
          )}
        </>
      )}
    />
  );
}

function CheckIns({ campaign }: { campaign: Campaign }) {
  return <List campaign={campaign} pages={useCheckIns(campaign.id)} empty={g.noCheckIns} hint={g.noCheckInsHint} says={(row) => <small className="quiet">{row.how_label}</small>} />;
}

export function Guests({ campaign }: { campaign: Campaign }) {
  const [shown, setShown] = useState<"answers" | "checkIns">("answers");
  return (
    <Panel
      title={
        <Segmented aria-label={g.person} value={shown} onChange={setShown} options={(["answers", "checkIns"] as const).map((value) => ({ value, label: g[value] }))} />
      }
    >
      {shown === "answers" ? <Answers campaign={campaign} /> : <CheckIns campaign={campaign} />}
    </Panel>
  );
}
