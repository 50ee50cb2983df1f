/** What the pages of messages share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./messages.css";

const PLACES = [
  { to: "/messages", label: t.messages.broadcasts },
  { to: "/messages/templates", label: t.messages.templates },
  { to: "/messages/log", label: t.messages.log },
  { to: "/messages/quota", label: t.messages.quota },
];

function MessagesFrame() {
  return (
    <Page title={t.messages.title} subtitle={t.messages.subtitle}>
      <nav className="tabs" aria-label={t.messages.title}>
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

export { MessagesFrame as Component };
