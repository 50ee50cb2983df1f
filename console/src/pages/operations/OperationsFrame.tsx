/** What the pages behind the platform share. */
import { NavLink, Outlet } from "react-router";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./operations.css";

const PLACES = [
  { to: "/operations", label: t.operations.queues },
  { to: "/operations/accounts", label: t.operations.accounts },
  { to: "/operations/audit", label: t.operations.audit },
];

function OperationsFrame() {
  return (
    <Page title={t.operations.title} subtitle={t.operations.subtitle}>
      <nav className="tabs" aria-label={t.operations.title}>
        {PLACES.map(({ to, label }) => (
          <NavLink key={to} to={to} end className="tab">
            {label}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}

export { OperationsFrame as Component };
