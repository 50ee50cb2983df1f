/** The frame: ink sider on a desk, top bar and tab bar on a phone (advisers open the console inside WeCom). */
import {
  AccountBookOutlined,
  ApartmentOutlined,
  AppstoreOutlined,
  FileTextOutlined,
  FlagOutlined,
  FunnelPlotOutlined,
  KeyOutlined,
  LogoutOutlined,
  MessageOutlined,
  MoonOutlined,
  SafetyCertificateOutlined,
  TeamOutlined,
  UsergroupAddOutlined,
} from "@ant-design/icons";
import { Dropdown, type MenuProps } from "antd";
import type { ReactNode } from "react";
import { NavLink, Outlet, ScrollRestoration, useNavigate } from "react-router";
import { useLogout } from "../api/queries";
import type { Staff } from "../api/types";
import { Mark } from "../parts/Mark";
import { t } from "../texts/zh-CN";
import { MARKETING, useStaff } from "./session";
import { useIsPhone, useThemeMode, type Mode } from "./ThemeMode";

interface Place {
  to: string;
  label: string;
  icon: ReactNode;
  ofTheBrand?: boolean;
  deskOnly?: boolean;
  /** Who may do anything there; everybody unless said. */
  roles?: Staff["role"][];
}

/** On a phone the bar has room for what people do on the way; the terms are reached from the orders, audiences and messages from the customers. */
const PLACES: Place[] = [
  { to: "/", label: t.nav.overview, icon: <AppstoreOutlined /> },
  { to: "/customers", label: t.nav.customers, icon: <TeamOutlined /> },
  { to: "/leads", label: t.nav.leads, icon: <FlagOutlined /> },
  { to: "/orders", label: t.nav.orders, icon: <FileTextOutlined /> },
  { to: "/audience", label: t.nav.audience, icon: <UsergroupAddOutlined />, deskOnly: true, roles: MARKETING },
  { to: "/journeys", label: t.nav.journeys, icon: <ApartmentOutlined />, ofTheBrand: true },
  { to: "/messages", label: t.nav.messages, icon: <MessageOutlined />, ofTheBrand: true, deskOnly: true },
  { to: "/insight", label: t.nav.insight, icon: <FunnelPlotOutlined />, deskOnly: true },
  { to: "/finance", label: t.nav.finance, icon: <AccountBookOutlined />, ofTheBrand: true },
  { to: "/terms", label: t.nav.terms, icon: <SafetyCertificateOutlined />, deskOnly: true },
];

function Places({ className }: { className: string }) {
  const staff = useStaff();
  const phone = useIsPhone();
  const places = PLACES.filter(
    (place) => !(place.ofTheBrand && staff.dealer) && !(place.deskOnly && phone) && (place.roles?.includes(staff.role) ?? true),
  );
  return (
    <nav className={className} aria-label={t.nav.menu}>
      {places.map(({ to, label, icon }) => (
        <NavLink key={to} to={to} end={to === "/"} className="place">
          {icon}
          <span>{label}</span>
        </NavLink>
      ))}
    </nav>
  );
}

function useStaffMenu(): MenuProps {
  const { mode, choose } = useThemeMode();
  const logout = useLogout();
  const navigate = useNavigate();
  const modes: Mode[] = ["light", "dark", "system"];
  return {
    selectable: true,
    selectedKeys: [mode],
    items: [
      {
        key: "theme",
        type: "group",
        label: t.theme.label,
        children: modes.map((key) => ({ key, label: t.theme[key], icon: key === "dark" ? <MoonOutlined /> : undefined })),
      },
      { type: "divider" },
      { key: "account", label: t.session.account, icon: <KeyOutlined /> },
      { key: "logout", label: t.session.logout, icon: <LogoutOutlined />, danger: true },
    ],
    onClick: ({ key }) => {
      if (key === "logout") logout.mutate();
      else if (key === "account") void navigate("/account");
      else choose(key as Mode);
    },
  };
}

function StaffButton({ staff, compact }: { staff: Staff; compact?: boolean }) {
  const menu = useStaffMenu();
  return (
    <Dropdown menu={menu} trigger={["click"]} placement={compact ? "bottomRight" : "topLeft"}>
      <button type="button" className="staff" aria-label={`${staff.name}，${t.nav.menu}`}>
        <span className="staff-initial">{staff.name.slice(0, 1)}</span>
        {!compact && (
          <span className="staff-text">
            <strong>{staff.name}</strong>
            <small>
              {t.session.roles[staff.role] ?? staff.role} · {staff.dealer?.name ?? t.session.headquarters}
            </small>
          </span>
        )}
      </button>
    </Dropdown>
  );
}

export function Shell() {
  const staff = useStaff();
  const phone = useIsPhone();
  return (
    <div className={phone ? "shell shell-phone" : "shell"}>
      {phone ? (
        <header className="topbar">
          <Mark />
          <span className="topbar-brand">{staff.brand.name}</span>
          <StaffButton staff={staff} compact />
        </header>
      ) : (
        <aside className="sider">
          <div className="sider-brand">
            <Mark />
            <div>
              <strong>{staff.brand.name}</strong>
              <small>{t.product}</small>
            </div>
          </div>
          <Places className="places" />
          <StaffButton staff={staff} />
        </aside>
      )}
      <main className="main">
        <Outlet />
      </main>
      {phone && <Places className="tabbar" />}
      <ScrollRestoration getKey={({ pathname }) => pathname} />
    </div>
  );
}
