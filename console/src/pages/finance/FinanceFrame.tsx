/** What the four pages of money share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { useOverview } from "../../api/queries";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./finance.css";

const PLACES = [
  { to: "/finance", label: t.finance.runs },
  { to: "/finance/refunds", label: t.finance.refunds },
  { to: "/finance/ledger", label: t.finance.ledger },
  { to: "/finance/tasks", label: t.finance.tasks },
];

function Waiting() {
  const open = useOverview().data?.money_tasks;
  return open ? <span className="tab-count">{t.common.count(open)}</span> : null;
}

function FinanceFrame() {
  return (
    <Page title={t.nav.finance} subtitle={t.finance.subtitle}>
      <nav className="tabs" aria-label={t.nav.finance}>
        {PLACES.map(({ to, label }) => (
          <NavLink key={to} to={to} end className="tab">
            {label}
            {to === "/finance/tasks" && <Waiting />}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}

export { FinanceFrame as Component };
