/** One campaign: its ways in, what it brought, what it cost, who came, and the steps that its owner takes. */
import { Skeleton } from "antd";
import { useParams, useSearchParams } from "react-router";
import { useCampaign, useCampaignChoices, useReport, type Campaign } from "../../api/campaigns";
import { yuan } from "../../lib/money";
import { Facts } from "../../parts/Facts";
import { Failure } from "../../parts/Failure";
import { Page } from "../../parts/Page";
import { Panel } from "../../parts/Panel";
import { t } from "../../texts";
import { Brought, ReportFile, TouchPick } from "./Brought";
import { CampaignState, daysOf, ownerOf, useMay } from "./campaigns";
import { Codes } from "./Codes";
import { Costs } from "./Costs";
import { Deeds } from "./Deeds";
import { Guests } from "./Guests";
import "./campaigns.css";

const c = t.campaigns;
const BACK = { to: "/campaigns", label: c.title };

function About({ campaign }: { campaign: Campaign }) {
  const f = c.facts;
  const consents = useCampaignChoices().data?.consents;
  const { form, budget_fen, spent_fen } = campaign;
  const consent = form.consent && (consents?.find((one) => one.purpose === form.consent?.purpose)?.label ?? form.consent.purpose);
  return (
    <Facts
      items={[
        [f.kind, campaign.kind_label],
        [f.owner, ownerOf(campaign)],
        [f.days, daysOf(campaign)],
        [f.store, campaign.store_name ?? f.anyStore],
        ...(budget_fen === null || spent_fen === null
          ? []
          : ([
              [f.budget, yuan(budget_fen)],
              [f.spent, yuan(spent_fen)],
            ] as [string, string][])),
        [f.vehicles, t.say.list(campaign.vehicles.map(({ name }) => name)) || t.common.none],
        [f.form, form.fields.length > 0 ? t.say.list(form.fields.map(({ label }) => label)) : f.noForm],
        [f.consent, consent ?? t.common.none],
      ]}
    />
  );
}

function WhatItBrought({ id }: { id: string }) {
  const [parameters] = useSearchParams();
  const asked = { touch: parameters.get("touch") };
  const found = useReport(id, asked);
  return (
    <Panel
      title={c.brought.title}
      extra={
        <span className="campaign-deeds">
          <TouchPick />
          <ReportFile id={id} asked={asked} />
        </span>
      }
    >
      {found.data ? <Brought report={found.data} of="row" /> : found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active />}
      <p className="quiet campaign-note">{c.brought.hint}</p>
    </Panel>
  );
}

function Whole({ campaign }: { campaign: Campaign }) {
  const { runs, reads } = useMay(campaign);
  return (
    <Page
      title={campaign.name}
      back={BACK}
      subtitle={
        <span className="title-line">
          <CampaignState campaign={campaign} />
          <span>{daysOf(campaign)}</span>
        </span>
      }
      extra={<Deeds campaign={campaign} runs={runs} />}
    >
      <div className="columns">
        <div className="stack">
          {reads && <WhatItBrought id={campaign.id} />}
          {runs && <Guests campaign={campaign} />}
          {!reads && <Codes campaign={campaign} runs={false} />}
        </div>
        <div className="stack">
          <Panel title={c.facts.title}>
            <About campaign={campaign} />
          </Panel>
          {campaign.introduction && (
            <Panel title={c.facts.introduction}>
              <p className="campaign-words">{campaign.introduction}</p>
            </Panel>
          )}
          {reads && <Codes campaign={campaign} runs={runs} />}
          {reads && <Costs campaign={campaign} runs={runs} />}
        </div>
      </div>
    </Page>
  );
}

function CampaignPage() {
  const { id = "" } = useParams();
  const found = useCampaign(id);
  if (!found.data)
    return (
      <Page title={c.title} back={BACK}>
        <Panel>{found.error ? <Failure error={found.error} retry={() => void found.refetch()} /> : <Skeleton active paragraph={{ rows: 8 }} />}</Panel>
      </Page>
    );
  return <Whole campaign={found.data} />;
}

export { CampaignPage as Component };
