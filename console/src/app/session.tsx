/** Who is signed in; a 401 from anywhere leads to the login page and back again. */
import { QueryCache, QueryClient, MutationCache } from "@tanstack/react-query";
import { createContext, lazy, Suspense, useContext, type ReactNode } from "react";
import { Navigate, useLocation } from "react-router";
import { ApiError } from "../api/client";
import { ME, useMe } from "../api/queries";
import type { Staff } from "../api/types";
import { Failure } from "../parts/Failure";
import { Splash } from "../parts/Splash";

/** Who decides whom the brand speaks to. */
export const MARKETING: Staff["role"][] = ["admin", "marketer"];

const ChoosePassword = lazy(() => import("../pages/account/ChoosePassword"));

const Context = createContext<Staff | null>(null);

/** A 401 to what is neither a query nor a mutation is handed in by whoever asked. */
export function forgetWhenUnauthorized(error: Error): void {
  if (error instanceof ApiError && error.isUnauthorized && queryClient.getQueryData(ME)) queryClient.setQueryData(ME, null);
}

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: forgetWhenUnauthorized }),
  mutationCache: new MutationCache({ onError: forgetWhenUnauthorized }),
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
    },
  },
});

export function RequireSession({ children }: { children: ReactNode }) {
  const me = useMe();
  const { pathname, search } = useLocation();
  if (me.data) return <Context.Provider value={me.data}>{children}</Context.Provider>;
  if (me.data === null || me.error?.isUnauthorized) {
    const expired = me.data === null ? "1" : "";
    const back = pathname === "/" && !search ? "" : pathname + search;
    const query = new URLSearchParams({ ...(back && { back }), ...(expired && { expired }) }).toString();
    return <Navigate to={query ? `/login?${query}` : "/login"} replace />;
  }
  if (me.error?.code === "dealers.password_to_change")
    return (
      <Suspense fallback={<Splash />}>
        <ChoosePassword />
      </Suspense>
    );
  if (me.error) return <Failure error={me.error} retry={() => void me.refetch()} fullScreen />;
  return <Splash />;
}

export function useStaff(): Staff {
  const staff = useContext(Context);
  if (!staff) throw new Error("useStaff outside RequireSession");
  return staff;
}
