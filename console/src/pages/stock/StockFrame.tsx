/** What the pages of the stock share: the title, and the way from the cars to the files that bring them. */
import { NavLink, Outlet } from "react-router";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./stock.css";

function StockFrame() {
  return (
    <Page title={t.stock.title} subtitle={t.stock.subtitle}>
      <nav className="tabs" aria-label={t.stock.title}>
        <NavLink to="/stock" end className="tab">
          {t.stock.cars}
        </NavLink>
        <NavLink to="/stock/feeds" className="tab">
          {t.stock.feeds}
        </NavLink>
      </nav>
      <Outlet />
    </Page>
  );
}

export { StockFrame as Component };
