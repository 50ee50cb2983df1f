/** All campaigns of some days side by side; with what none of them brought, it is everything. */
import { Skeleton } from "antd";
import { useSearchParams } from "react-router";
import { useReport } from "../../api/campaigns";
import { DayInput } from "../../parts/DayInput";
import { Failure } from "../../parts/Failure";
import { Panel } from "../../parts/Panel";
import { Views } from "../../parts/Views";
import { t } from "../../texts";
import { Brought, ReportFile, TouchPick } from "./Brought";
import "./campaigns.css";

const b = t.campaigns.brought;

function ReportPage() {
  const [parameters] = useSearchParams();
  const asked = { since: parameters.get("since"), until: parameters.get("until"), touch: parameters.get("touch") };
  const found = useReport(null, asked);
  return (
    <>
      <div className="filters">
        <DayInput name="since" label={b.since} />
        <DayInput name="until" label={b.until} />
        <TouchPick />
        <Views>
          <ReportFile id={null} asked={asked} />
        </Views>
      </div>
      {found.error ? (
        <Panel>
          <Failure error={found.error} retry={() => void found.refetch()} />
        </Panel>
      ) : !found.data ? (
        <Panel>
          <Skeleton active title={false} paragraph={{ rows: 6, width: "100%" }} />
        </Panel>
      ) : (
        <Panel flush>
          <Brought report={found.data} of="campaign" />
        </Panel>
      )}
      <p className="quiet campaign-note">
        {!asked.since && !asked.until && b.usualDays}
        {b.hint}
      </p>
    </>
  );
}

export { ReportPage as Component };
