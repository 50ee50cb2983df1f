/** The frame: ink sider on a desk, top bar and tab bar on a phone (advisers open the console inside WeCom). */
import {
  AccountBookOutlined,
  ApartmentOutlined,
  AppstoreOutlined,
  CalculatorOutlined,
  CarOutlined,
  EllipsisOutlined,
  FileTextOutlined,
  FlagOutlined,
  FunnelPlotOutlined,
  GlobalOutlined,
  KeyOutlined,
  LogoutOutlined,
  MessageOutlined,
  MonitorOutlined,
  MoonOutlined,
  NotificationOutlined,
  SafetyCertificateOutlined,
  ShopOutlined,
  TeamOutlined,
  UsergroupAddOutlined,
} from "@ant-design/icons";
import { Dropdown, type MenuProps } from "antd";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, type ReactNode } from "react";
import { NavLink, Outlet, ScrollRestoration, useLocation, useNavigate } from "react-router";
import { listen } from "../api/live";
import { useLogout } from "../api/queries";
import type { Staff } from "../api/types";
import { chooseLanguage, isLanguage, language, LANGUAGES, nameOf } from "../lib/language";
import { Mark } from "../parts/Mark";
import { t } from "../texts";
import { MARKETING, useStaff } from "./session";
import { useIsPhone, useThemeMode, type Mode } from "./ThemeMode";

interface Place {
  to: string;
  label: string;
  icon: ReactNode;
  ofTheBrand?: boolean;
  /** Who may do anything there; everybody unless said. */
  roles?: Staff["role"][];
}

/** On a phone the bar has room for what people do on the way, which stands first here; the others are behind its last button. */
const PLACES: Place[] = [
  { to: "/", label: t.nav.overview, icon: <AppstoreOutlined /> },
  { to: "/customers", label: t.nav.customers, icon: <TeamOutlined /> },
  { to: "/leads", label: t.nav.leads, icon: <FlagOutlined /> },
  { to: "/orders", label: t.nav.orders, icon: <FileTextOutlined /> },
  { to: "/stock", label: t.nav.stock, icon: <CarOutlined /> },
  { to: "/audience", label: t.nav.audience, icon: <UsergroupAddOutlined />, roles: MARKETING },
  { to: "/journeys", label: t.nav.journeys, icon: <ApartmentOutlined />, ofTheBrand: true },
  { to: "/messages", label: t.nav.messages, icon: <MessageOutlined />, ofTheBrand: true },
  { to: "/campaigns", label: t.nav.campaigns, icon: <NotificationOutlined /> },
  { to: "/insight", label: t.nav.insight, icon: <FunnelPlotOutlined /> },
  { to: "/finance", label: t.nav.finance, icon: <AccountBookOutlined />, ofTheBrand: true },
  { to: "/terms", label: t.nav.terms, icon: <SafetyCertificateOutlined /> },
  { to: "/plans", label: t.nav.plans, icon: <CalculatorOutlined />, ofTheBrand: true },
  { to: "/team", label: t.nav.team, icon: <ShopOutlined />, roles: ["admin", "marketer", "finance", "dealer_manager"] },
  { to: "/operations", label: t.nav.operations, icon: <MonitorOutlined />, roles: ["admin"] },
];

const IN_THE_BAR = 4;

function Way({ to, label, icon }: Place) {
  return (
    <NavLink to={to} end={to === "/"} className="place">
      {icon}
      <span>{label}</span>
    </NavLink>
  );
}

function OtherPlaces({ places }: { places: Place[] }) {
  const { pathname } = useLocation();
  const here = places.find(({ to }) => pathname === to || pathname.startsWith(`${to}/`));
  const items = places.map(({ to, label, icon }) => ({ key: to, icon, label: <NavLink to={to}>{label}</NavLink> }));
  return (
    <Dropdown menu={{ items, selectedKeys: here ? [here.to] : [] }} trigger={["click"]} placement="topRight">
      <button type="button" className={here ? "place active" : "place"}>
        <EllipsisOutlined />
        <span>{t.nav.more}</span>
      </button>
    </Dropdown>
  );
}

function Places() {
  const staff = useStaff();
  const phone = useIsPhone();
  const places = PLACES.filter((place) => !(place.ofTheBrand && staff.dealer) && (place.roles?.includes(staff.role) ?? true));
  const shown = phone ? places.slice(0, IN_THE_BAR) : places;
  return (
    <nav className={phone ? "tabbar" : "places"} aria-label={t.nav.menu}>
      {shown.map((place) => (
        <Way key={place.to} {...place} />
      ))}
      {phone && <OtherPlaces places={places.slice(IN_THE_BAR)} />}
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
    selectedKeys: [mode, language],
    items: [
      {
        key: "theme",
        type: "group",
        label: t.theme.label,
        children: modes.map((key) => ({ key, label: t.theme[key], icon: key === "dark" ? <MoonOutlined /> : undefined })),
      },
      {
        key: "language",
        type: "group",
        label: t.language,
        children: LANGUAGES.map((key) => ({ key, label: <span lang={key}>{nameOf(key)}</span>, icon: key === language ? <GlobalOutlined /> : undefined })),
      },
      { type: "divider" },
      { key: "account", label: t.session.account, icon: <KeyOutlined /> },
      { key: "logout", label: t.session.logout, icon: <LogoutOutlined />, danger: true },
    ],
    onClick: ({ key }) => {
      if (key === "logout") logout.mutate();
      else if (key === "account") void navigate("/account");
      else if (isLanguage(key)) chooseLanguage(key);
      else choose(key as Mode);
    },
  };
}

function StaffButton({ staff, compact }: { staff: Staff; compact?: boolean }) {
  const menu = useStaffMenu();
  return (
    <Dropdown menu={menu} trigger={["click"]} placement={compact ? "bottomRight" : "topLeft"}>
      <button type="button" className="staff" aria-label={compact ? t.say.and(staff.name, t.nav.menu) : undefined}>
        <span className="staff-initial" aria-hidden="true">
          {staff.name.slice(0, 1)}
        </span>
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
  const cache = useQueryClient();
  useEffect(() => listen(cache), [cache]);
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
          <Places />
          <StaffButton staff={staff} />
        </aside>
      )}
      <main className="main">
        <Outlet />
      </main>
      {phone && <Places />}
      <ScrollRestoration getKey={({ pathname }) => pathname} />
    </div>
  );
}
