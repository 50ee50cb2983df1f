/** Dealers, their stores, and the people who sign in. */
import { useMutation } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, useOne, usePages, useStale } from "./queries";
import type { Move, Named, Staff } from "./types";

const TEAM = "staff/team/";
const DEALERS = "staff/dealers/";

export type Role = Staff["role"];

export interface Person extends Named {
  username: string;
  role: Role;
  dealer: Named | null;
  store: Named | null;
  wecom_userid: string | null;
  active: boolean;
  has_second_factor: boolean;
  must_choose_by: string | null;
  browsers: number;
  last_seen_at: string | null;
  is_you: boolean;
}

export interface PersonPage extends Person {
  trail: Omit<Move, "subject">[];
}

export type Given = PersonPage & { password: string };

export interface PersonDraft {
  username?: string;
  name?: string;
  role?: Role;
  dealer_id?: string | null;
  store_id?: string | null;
  wecom_userid?: string | null;
}

export interface DealerRow extends Named {
  city: string;
  takes_money: boolean;
  stores: number;
  staff: number;
}

export interface StoreRow extends Named {
  city: string;
  address: string;
  phone: string | null;
  lat: number;
  lng: number;
  datum_source: "gcj02" | "wgs84" | "unknown";
}

export interface DealerPage extends Omit<DealerRow, "stores" | "staff"> {
  stores: StoreRow[];
}

export interface StoreDraft {
  name: string;
  city?: string;
  address: string;
  phone: string | null;
  lat?: number;
  lng?: number;
  datum?: "gcj02" | "wgs84";
}

export const useTeam = (filters: Record<string, string | null>) => usePages<Person>(TEAM, filters, CALM);
export const usePerson = (id: string) => useOne<PersonPage>(`${TEAM}${id}`, CALM);
export const useDealerList = (q: string | null) => usePages<DealerRow>(DEALERS, { q }, CALM);
export const useDealer = (id: string) => useOne<DealerPage>(`${DEALERS}${id}`, CALM);

const useKept = () => useStale(TEAM, DEALERS, "staff/console/dealers");

export function useHire() {
  return useMutation<Given, ApiError, PersonDraft>({ mutationFn: (draft) => api("POST", TEAM, draft), onSettled: useKept() });
}

export function useChangePerson(id: string) {
  return useMutation<PersonPage, ApiError, PersonDraft>({ mutationFn: (draft) => api("PATCH", `${TEAM}${id}`, draft), onSettled: useKept() });
}

export function useGivePassword(id: string) {
  return useMutation<Given, ApiError>({ mutationFn: () => api("POST", `${TEAM}${id}/password`, {}), onSettled: useKept() });
}

export function usePersonAct(id: string) {
  return useMutation<PersonPage, ApiError, "lock" | "unlock" | "second-factor/end">({
    mutationFn: (act) => api("POST", `${TEAM}${id}/${act}`, {}),
    onSettled: useKept(),
  });
}

export function useSignOutPerson(id: string) {
  return useMutation<{ ended: number }, ApiError>({ mutationFn: () => api("DELETE", `${TEAM}${id}/browsers`), onSettled: useKept() });
}

export function useOpenDealer() {
  return useMutation<DealerPage, ApiError, { name: string; city: string }>({ mutationFn: (draft) => api("POST", DEALERS, draft), onSettled: useKept() });
}

export function useSaveStore(dealerId: string, storeId: string | null) {
  return useMutation<DealerPage, ApiError, StoreDraft>({
    mutationFn: (draft) => (storeId === null ? api("POST", `${DEALERS}${dealerId}/stores`, draft) : api("PATCH", `${DEALERS}stores/${storeId}`, draft)),
    onSettled: useKept(),
  });
}
