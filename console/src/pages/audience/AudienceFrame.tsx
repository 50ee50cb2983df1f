/** What the pages of whom share: the title, and the way from one to the other. */
import { NavLink, Outlet } from "react-router";
import { useStaff } from "../../app/session";
import { Page } from "../../parts/Page";
import { t } from "../../texts";
import "./audience.css";

const PLACES = [
  { to: "/audience", label: t.audience.segments },
  { to: "/audience/tags", label: t.audience.tags },
  { to: "/audience/files", label: t.audience.files },
  { to: "/audience/keys", label: t.audience.keys, adminsOnly: true },
];

function AudienceFrame() {
  const isAdmin = useStaff().role === "admin";
  return (
    <Page title={t.audience.title} subtitle={t.audience.subtitle}>
      <nav className="tabs" aria-label={t.audience.title}>
        {PLACES.filter((place) => isAdmin || !place.adminsOnly).map(({ to, label }) => (
          <NavLink key={to} to={to} end className="tab">
            {label}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </Page>
  );
}

export { AudienceFrame as Component };
