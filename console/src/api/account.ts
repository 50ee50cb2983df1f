/** The signed-in person's own affairs: password, second factor, browsers. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { ME } from "./queries";
import type { Browser } from "./types";
import type { Schemas } from "./schema";

const SESSION = "staff/session/";
const BROWSERS = ["browsers"] as const;

export type Account = Schemas["dealers.StaffOut"];
export type Secret = Schemas["dealers.SecondFactorOut"];

export function useAccount() {
  return useQuery<Account, ApiError>({ queryKey: [...ME, "account"], queryFn: () => api("GET", SESSION) });
}

export function useBrowsers() {
  return useQuery<{ items: Browser[] }, ApiError>({ queryKey: BROWSERS, queryFn: () => api("GET", `${SESSION}browsers`) });
}

/** What changes who may get in: afterwards both lists are read anew. */
function useChange<Answer, Body>(call: (body: Body) => Promise<Answer>) {
  const cache = useQueryClient();
  return useMutation<Answer, ApiError, Body>({
    mutationFn: call,
    onSuccess: () => Promise.all([BROWSERS, ME].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
}

export const useEndBrowser = () => useChange<void, string>((id) => api("DELETE", `${SESSION}browsers/${id}`));
export const useEndOthers = () => useChange<{ ended: number }, void>(() => api("DELETE", `${SESSION}browsers`));
export const usePassword = () => useChange<void, { password: string; new: string }>((body) => api("PUT", `${SESSION}password`, body));
export const useBeginSecond = () => useChange<Secret, void>(() => api("POST", `${SESSION}second-factor`));
export const useConfirmSecond = () => useChange<{ codes: string[] }, { code: string }>((body) => api("PUT", `${SESSION}second-factor`, body));
export const useEndSecond = () =>
  useChange<void, { password: string; code: string }>((body) => api("POST", `${SESSION}second-factor/end`, body));
