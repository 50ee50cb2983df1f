/** What a brand or a dealer puts on: campaigns with their codes, costs, guests, and what they brought. */
import { useMutation } from "@tanstack/react-query";
import { api, withQuery, type ApiError } from "./client";
import { CALM, HOUR, useOne, usePages, useStale } from "./queries";
import type { Schemas } from "./schema";

const CAMPAIGNS = "staff/campaigns/";

export type Campaign = Schemas["campaigns.CampaignOut"];
export type CampaignStatus = Campaign["status"];
export type CampaignForm = Campaign["form"];
export type FormField = CampaignForm["fields"][number];
export type CampaignCode = Schemas["campaigns.CodeOut"];
export type Cost = Schemas["campaigns.CostOut"];
export type Answer = Schemas["campaigns.AnswerOut"];
export type CheckIn = Schemas["campaigns.CheckInOut"];
export type Report = Schemas["campaigns.ReportOut"];
export type ReportRow = Report["rows"][number];
export type Choices = Schemas["campaigns.ChoicesOut"];
export type CampaignDraft = Omit<Schemas["campaigns.CampaignIn"], "form"> & { form?: CampaignForm };
export type CampaignChange = Partial<CampaignDraft> & { version: number };

export const useCampaigns = (filters: Record<string, string | null>) => usePages<Campaign>(CAMPAIGNS, filters, CALM);
export const useCampaign = (id: string) => useOne<Campaign>(`${CAMPAIGNS}${id}`, CALM);
export const useCampaignChoices = () => useOne<Choices>(`${CAMPAIGNS}choices`, HOUR);
export const useCodes = (id: string) => useOne<{ items: CampaignCode[] }>(`${CAMPAIGNS}${id}/codes`, CALM);
export const useCosts = (id: string) => usePages<Cost>(`${CAMPAIGNS}${id}/costs`, {}, CALM);
export const useAnswers = (id: string) => usePages<Answer>(`${CAMPAIGNS}${id}/answers`, {}, CALM);
export const useCheckIns = (id: string) => usePages<CheckIn>(`${CAMPAIGNS}${id}/check-ins`, {}, CALM);

export interface Asked {
  touch: string | null;
  since?: string | null;
  until?: string | null;
}

const reportOf = (id: string | null) => `${CAMPAIGNS}${id ? `${id}/` : ""}report`;

/** What one campaign brought, code by code, or all of some days side by side. */
export const useReport = (id: string | null, asked: Asked) => useOne<Report>(withQuery(reportOf(id), { ...asked }), CALM);
export const reportFile = (id: string | null, asked: Asked) => `/api/${withQuery(`${reportOf(id)}.csv`, { ...asked })}`;
export const miniProgramCode = (id: string, codeId: string) => `/api/${CAMPAIGNS}${id}/codes/${codeId}/mini-program`;

const useKept = () => useStale(CAMPAIGNS);

export function useSaveCampaign(id: string | null) {
  return useMutation<Campaign, ApiError, CampaignDraft | CampaignChange>({
    mutationFn: (draft) => (id === null ? api("POST", CAMPAIGNS, draft) : api("PATCH", `${CAMPAIGNS}${id}`, draft)),
    onSettled: useKept(),
  });
}

export function useCampaignStep(id: string) {
  return useMutation<Campaign, ApiError, { step: "start" | "end" | "cancel"; reason?: string }>({
    mutationFn: ({ step, ...body }) => api("POST", `${CAMPAIGNS}${id}/${step}`, body),
    onSettled: useKept(),
  });
}

export function useAddCode(id: string) {
  return useMutation<CampaignCode, ApiError, Schemas["campaigns.CodeIn"]>({
    mutationFn: (code) => api("POST", `${CAMPAIGNS}${id}/codes`, code),
    onSettled: useKept(),
  });
}

/** WeChat's own picture of a code of the service account; made when it is first asked for. */
export function useFollowCode(id: string) {
  return useMutation<{ url: string }, ApiError, string>({ mutationFn: (codeId) => api("GET", `${CAMPAIGNS}${id}/codes/${codeId}/service-account`) });
}

export function useEnterCost(id: string) {
  return useMutation<Cost, ApiError, Schemas["campaigns.CostIn"]>({
    mutationFn: (cost) => api("POST", `${CAMPAIGNS}${id}/costs`, cost),
    onSettled: useKept(),
  });
}

export function useReverseCost(id: string) {
  return useMutation<Cost, ApiError, { cost: string; note: string }>({
    mutationFn: ({ cost, note }) => api("POST", `${CAMPAIGNS}${id}/costs/${cost}/reverse`, { note }),
    onSettled: useKept(),
  });
}

export function useCheckIn(id: string) {
  return useMutation<CheckIn & { is_first: boolean }, ApiError, { phone: string } | { ticket: string }>({
    mutationFn: (shown) => api("POST", `${CAMPAIGNS}${id}/check-ins`, shown),
    onSettled: useKept(),
  });
}
