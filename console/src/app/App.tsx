/** Providers and the route table; every page is a chunk of its own. */
import { App as AntApp, ConfigProvider } from "antd";
import en from "antd/locale/en_US";
import zhCN from "antd/locale/zh_CN";
import { QueryClientProvider } from "@tanstack/react-query";
import { createBrowserRouter, RouterProvider } from "react-router";
import { language } from "../lib/language";
import { NotFound } from "../parts/NotFound";
import { Splash } from "../parts/Splash";
import { Crashed } from "./Crashed";
import { queryClient, RequireSession } from "./session";
import { Shell } from "./Shell";
import { themeFor } from "./theme";
import { ThemeMode, useMedia, useThemeMode } from "./ThemeMode";

const router = createBrowserRouter(
  [
    { path: "/login", lazy: () => import("../pages/login/LoginPage"), HydrateFallback: Splash, ErrorBoundary: Crashed },
    {
      path: "/",
      element: (
        <RequireSession>
          <Shell />
        </RequireSession>
      ),
      HydrateFallback: Splash,
      ErrorBoundary: Crashed,
      children: [
        {
          ErrorBoundary: Crashed,
          children: [
            { index: true, lazy: () => import("../pages/overview/OverviewPage") },
            { path: "account", lazy: () => import("../pages/account/AccountPage") },
            { path: "customers", lazy: () => import("../pages/customers/CustomersPage") },
            { path: "customers/:id", lazy: () => import("../pages/customers/CustomerPage") },
            {
              path: "audience",
              lazy: () => import("../pages/audience/AudienceFrame"),
              children: [
                { index: true, lazy: () => import("../pages/audience/SegmentsPage") },
                { path: "tags", lazy: () => import("../pages/audience/TagsPage") },
                { path: "files", lazy: () => import("../pages/audience/FilesPage") },
                { path: "keys", lazy: () => import("../pages/audience/KeysPage") },
              ],
            },
            { path: "audience/segments/new", lazy: () => import("../pages/audience/SegmentPage") },
            { path: "audience/segments/:id", lazy: () => import("../pages/audience/SegmentPage") },
            { path: "audience/tags/:id", lazy: () => import("../pages/audience/TagPage") },
            { path: "audience/files/:id", lazy: () => import("../pages/audience/FilePage") },
            { path: "journeys", lazy: () => import("../pages/journeys/JourneysPage") },
            {
              path: "journeys/:id",
              lazy: () => import("../pages/journeys/JourneyFrame"),
              children: [
                { index: true, lazy: () => import("../pages/journeys/LivePage") },
                { path: "results", lazy: () => import("../pages/journeys/ResultsPage") },
                { path: "versions", lazy: () => import("../pages/journeys/VersionsPage") },
                { path: "test", lazy: () => import("../pages/journeys/TestPage") },
              ],
            },
            { path: "journeys/:id/edit", lazy: () => import("../pages/journeys/editor/EditorPage") },
            {
              path: "messages",
              lazy: () => import("../pages/messages/MessagesFrame"),
              children: [
                { index: true, lazy: () => import("../pages/messages/BroadcastsPage") },
                { path: "templates", lazy: () => import("../pages/messages/TemplatesPage") },
                { path: "log", lazy: () => import("../pages/messages/LogPage") },
                { path: "quota", lazy: () => import("../pages/messages/QuotaPage") },
              ],
            },
            { path: "messages/broadcasts/new", lazy: () => import("../pages/messages/BroadcastEditPage") },
            { path: "messages/broadcasts/:id/edit", lazy: () => import("../pages/messages/BroadcastEditPage") },
            { path: "messages/broadcasts/:id", lazy: () => import("../pages/messages/BroadcastPage") },
            { path: "messages/templates/new", lazy: () => import("../pages/messages/TemplatePage") },
            { path: "messages/templates/:id", lazy: () => import("../pages/messages/TemplatePage") },
            { path: "messages/log/:id", lazy: () => import("../pages/messages/SendPage") },
            {
              path: "campaigns",
              lazy: () => import("../pages/campaigns/CampaignsFrame"),
              children: [
                { index: true, lazy: () => import("../pages/campaigns/CampaignsPage") },
                { path: "report", lazy: () => import("../pages/campaigns/ReportPage") },
              ],
            },
            { path: "campaigns/new", lazy: () => import("../pages/campaigns/CampaignEditPage") },
            { path: "campaigns/:id/edit", lazy: () => import("../pages/campaigns/CampaignEditPage") },
            { path: "campaigns/:id", lazy: () => import("../pages/campaigns/CampaignPage") },
            {
              path: "insight",
              lazy: () => import("../pages/insight/InsightFrame"),
              children: [
                { index: true, lazy: () => import("../pages/insight/FunnelPage") },
                { path: "league", lazy: () => import("../pages/insight/LeaguePage") },
                { path: "attribution", lazy: () => import("../pages/insight/AttributionPage") },
                { path: "anomalies", lazy: () => import("../pages/insight/AnomaliesPage") },
                { path: "sharing", lazy: () => import("../pages/insight/SharingPage") },
              ],
            },
            { path: "leads", lazy: () => import("../pages/leads/LeadsPage") },
            { path: "leads/:id", lazy: () => import("../pages/leads/LeadPage") },
            { path: "orders", lazy: () => import("../pages/orders/OrdersPage") },
            { path: "orders/:id", lazy: () => import("../pages/orders/OrderPage") },
            {
              path: "stock",
              lazy: () => import("../pages/stock/StockFrame"),
              children: [
                { index: true, lazy: () => import("../pages/stock/CarsPage") },
                { path: "feeds", lazy: () => import("../pages/stock/FeedsPage") },
              ],
            },
            { path: "stock/feeds/:id", lazy: () => import("../pages/stock/FeedPage") },
            { path: "stock/:id", lazy: () => import("../pages/stock/CarPage") },
            {
              path: "team",
              lazy: () => import("../pages/team/TeamFrame"),
              children: [
                { index: true, lazy: () => import("../pages/team/PeoplePage") },
                { path: "dealers", lazy: () => import("../pages/team/DealersPage") },
              ],
            },
            { path: "team/people/:id", lazy: () => import("../pages/team/PersonPage") },
            { path: "team/dealers/:id", lazy: () => import("../pages/team/DealerPage") },
            {
              path: "operations",
              lazy: () => import("../pages/operations/OperationsFrame"),
              children: [
                { index: true, lazy: () => import("../pages/operations/QueuesPage") },
                { path: "accounts", lazy: () => import("../pages/operations/AccountsPage") },
                { path: "audit", lazy: () => import("../pages/operations/AuditPage") },
              ],
            },
            { path: "terms", lazy: () => import("../pages/terms/TermsPage") },
            { path: "plans", lazy: () => import("../pages/plans/PlansPage") },
            { path: "plans/new", lazy: () => import("../pages/plans/PlanEditPage") },
            { path: "plans/:id/edit", lazy: () => import("../pages/plans/PlanEditPage") },
            { path: "plans/:id", lazy: () => import("../pages/plans/PlanPage") },
            {
              path: "finance",
              lazy: () => import("../pages/finance/FinanceFrame"),
              children: [
                { index: true, lazy: () => import("../pages/finance/RunsPage") },
                { path: "refunds", lazy: () => import("../pages/finance/RefundsPage") },
                { path: "ledger", lazy: () => import("../pages/finance/LedgerPage") },
                { path: "tasks", lazy: () => import("../pages/finance/TasksPage") },
              ],
            },
            { path: "finance/runs/:id", lazy: () => import("../pages/finance/RunPage") },
            { path: "finance/refunds/:id", lazy: () => import("../pages/finance/RefundPage") },
            { path: "*", Component: NotFound },
          ],
        },
      ],
    },
  ],
  { basename: "/console" },
);

function Themed() {
  const { isDark } = useThemeMode();
  const isStill = useMedia("(prefers-reduced-motion: reduce)");
  return (
    <ConfigProvider locale={language === "en" ? en : zhCN} theme={themeFor(isDark, isStill)} button={{ autoInsertSpace: false }}>
      <AntApp className="app">
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </AntApp>
    </ConfigProvider>
  );
}

export function App() {
  return (
    <ThemeMode>
      <Themed />
    </ThemeMode>
  );
}
