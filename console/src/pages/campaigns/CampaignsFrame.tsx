/** What the lists of campaigns share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import { useReadsReports } from "./campaigns";

const c = t.campaigns;

function CampaignsFrame() {
  const reads = useReadsReports();
  const places = [{ to: "/campaigns", label: c.list }, ...(reads ? [{ to: "/campaigns/report", label: c.report }] : [])];
  return (
    <Page title={c.title} subtitle={c.subtitle}>
      <nav className="tabs" aria-label={c.title}>
        {places.map(({ to, label }) => (
          <NavLink key={to} to={to} end className="tab">
            {label}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}

export { CampaignsFrame as Component };
