/** What the pages of insight share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { useStaff } from "../../app/session";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./insight.css";

const PLACES = [
  { to: "/insight", label: t.insight.funnel },
  { to: "/insight/attribution", label: t.insight.attribution.title },
  { to: "/insight/league", label: t.insight.league.title },
  { to: "/insight/anomalies", label: t.insight.anomalies.title },
  { to: "/insight/sharing", label: t.insight.sharing.title, ofTheBrand: true },
];

function InsightFrame() {
  const { dealer } = useStaff();
  const places = PLACES.filter(({ ofTheBrand }) => !(ofTheBrand && dealer));
  return (
    <Page title={t.insight.title} subtitle={t.insight.subtitle}>
      <nav className="tabs" aria-label={t.insight.title}>
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

export { InsightFrame as Component };
