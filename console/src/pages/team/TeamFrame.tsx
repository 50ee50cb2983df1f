/** What the pages of the team share; headquarters have dealers and stores as well. */
import { NavLink, Outlet } from "react-router";
import { useStaff } from "../../app/session";
import { Page } from "../../parts/Page";
import { t } from "../../texts";

function TeamFrame() {
  const staff = useStaff();
  const isOfTheBrand = !staff.dealer;
  return (
    <Page title={isOfTheBrand ? t.team.brandTitle : t.team.title} subtitle={t.team.subtitle}>
      {isOfTheBrand && (
        <nav className="tabs" aria-label={t.team.brandTitle}>
          {staff.role === "admin" && (
            <NavLink to="/team" end className="tab">
              {t.team.people}
            </NavLink>
          )}
          <NavLink to="/team/dealers" className="tab">
            {t.team.dealers}
          </NavLink>
        </nav>
      )}
      <Outlet />
    </Page>
  );
}

export { TeamFrame as Component };
