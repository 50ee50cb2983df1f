/** Dealers, their stores, and the people who sign in. */
import { useMutation } from "@tanstack/react-query";
import { api, type ApiError } from "./client";
import { CALM, useOne, usePages, useStale } from "./queries";
import type { Schemas } from "./schema";

const TEAM = "staff/team/";
const DEALERS = "staff/dealers/";

export type Role = Schemas["console.MeOut"]["role"];
export type Person = Schemas["dealers.PersonOut"];
export type PersonPage = Schemas["dealers.PersonPageOut"];

export type Given = PersonPage & { password: string };

export type PersonDraft = Partial<Schemas["dealers.NewPersonIn"]>;

export type DealerRow = Schemas["dealers.DealerRowOut"];
export type StoreRow = Schemas["dealers.StoreRowOut"];
export type DealerPage = Schemas["dealers.DealerPageOut"];

export type StoreDraft = Schemas["dealers.StoreIn"] & Pick<Schemas["dealers.NewStoreIn"], "name" | "address">;

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
