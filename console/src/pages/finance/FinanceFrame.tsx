/** What the four pages of money share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { useTasks } from "../../api/financeQueries";
import { Page } from "../../parts/Page";
import { rowsOf } from "../../parts/ResourceList";
import { t } from "../../texts/zh-CN";
import "./finance.css";

const PLACES = [
  { to: "/finance", label: t.finance.runs },
  { to: "/finance/refunds", label: t.finance.refunds },
  { to: "/finance/ledger", label: t.finance.ledger },
  { to: "/finance/tasks", label: t.finance.tasks },
];

/** How much waits for a person; more than a page of them is not counted further. */
function Waiting() {
  const open = useTasks("open", null);
  const total = open.data?.pages[0]?.total ?? rowsOf(open).length;
  return total ? <span className="tab-count">{t.common.count(total)}</span> : null;
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
