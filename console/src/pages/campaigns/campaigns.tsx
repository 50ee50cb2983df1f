/** How campaigns are spoken of, and who may do what with them. */
import type { Campaign, CampaignStatus } from "../../api/campaigns";
import { useStaff } from "../../app/session";
import { yuan } from "../../lib/money";
import { Status, type Tone } from "../../parts/Status";
import { t } from "../../texts";

const c = t.campaigns;

const TONES: Record<CampaignStatus, Tone> = { draft: "idle", running: "busy", ended: "good", cancelled: "idle" };

export function CampaignState({ campaign }: { campaign: Campaign }) {
  return <Status value={campaign.status} texts={{ [campaign.status]: campaign.status_label }} tone={TONES[campaign.status]} />;
}

export const ownerOf = ({ dealer_name }: Campaign) => dealer_name ?? c.ofBrand;
export const daysOf = ({ begins_on, ends_on }: Campaign) => c.days(begins_on, ends_on);

export function Money({ campaign: { spent_fen, budget_fen, left_fen } }: { campaign: Campaign }) {
  if (spent_fen === null || budget_fen === null || left_fen === null) return <span className="quiet">{t.common.none}</span>;
  return (
    <span className="two-lines figures-cell">
      <span className="amount">{c.spentOf(yuan(spent_fen), yuan(budget_fen))}</span>
      <small className={left_fen < 0 ? "bad" : undefined}>{left_fen < 0 ? c.over(yuan(-left_fen)) : c.left(yuan(left_fen))}</small>
    </span>
  );
}

const RUN = ["admin", "marketer", "dealer_manager"];

export const useMayCreate = () => RUN.includes(useStaff().role);

/** Whether she reads reports and costs at all. */
export const useReadsReports = () => [...RUN, "finance"].includes(useStaff().role);

/** A dealer's manager runs the dealer's own; finance looks at what was spent and brought. */
export function useMay(campaign: Campaign): { runs: boolean; reads: boolean } {
  const { role, dealer } = useStaff();
  const isOurs = !dealer || campaign.dealer_id === dealer.id;
  return { runs: isOurs && RUN.includes(role), reads: isOurs && [...RUN, "finance"].includes(role) };
}
