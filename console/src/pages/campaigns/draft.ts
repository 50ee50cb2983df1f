/** A campaign as its form has it, and back. */
import type { Campaign, CampaignChange, CampaignDraft, CampaignForm, Choices, FormField } from "../../api/campaigns";
import { fenOf } from "../../lib/money";

export interface Fields {
  name: string;
  kind: string;
  dealer_id?: string | null;
  store_id?: string | null;
  begins_on: string;
  ends_on: string;
  budget: string;
  introduction?: string;
  vehicle_ids: string[];
  fields: FormField[];
  /** "purpose version", empty where no agreement is asked for. */
  consent: string;
}

const SEPARATOR = " ";

export const consentKey = ({ purpose, version }: { purpose: string; version: string }) => `${purpose}${SEPARATOR}${version}`;

function consentOf(key: string): CampaignForm["consent"] {
  const at = key.indexOf(SEPARATOR);
  if (at < 0) return null;
  return { purpose: key.slice(0, at), version: key.slice(at + 1) } as NonNullable<CampaignForm["consent"]>;
}

/** A key that no field of the form has: they are not seen, and answers keep them. */
export function freeKey(fields: (FormField | undefined)[]): string {
  const taken = new Set(fields.map((one) => one?.key));
  let number = fields.length + 1;
  while (taken.has(`field_${number}`)) number += 1;
  return `field_${number}`;
}

export function fieldsOf(campaign: Campaign | null, { kinds }: Choices): Partial<Fields> {
  if (!campaign) return { kind: kinds[0]?.value ?? "", vehicle_ids: [], fields: [], consent: "" };
  const { name, kind, dealer_id, store_id, begins_on, ends_on, budget_fen, introduction, vehicle_ids, form } = campaign;
  return {
    ...{ name, kind, dealer_id, store_id, begins_on, ends_on, introduction, vehicle_ids },
    budget: budget_fen === null ? "" : (budget_fen / 100).toFixed(2).replace(/\.00$/, ""),
    fields: form.fields,
    consent: form.consent ? consentKey(form.consent) : "",
  };
}

function formOf({ fields, consent }: Fields): CampaignForm {
  return {
    fields: fields.map(({ key, kind, label, required, choices }) => ({
      ...{ key, kind, label: label.trim(), required: required ?? false },
      choices: kind === "choice" ? (choices ?? []) : [],
    })),
    consent: consentOf(consent),
  };
}

export function draftOf(given: Fields): CampaignDraft {
  const { name, kind, dealer_id, store_id, begins_on, ends_on, budget, introduction, vehicle_ids } = given;
  return {
    ...{ name: name.trim(), kind, begins_on, ends_on, vehicle_ids },
    dealer_id: dealer_id ?? null,
    store_id: store_id ?? null,
    budget_fen: fenOf(budget) ?? 0,
    introduction: introduction?.trim() ?? "",
    form: formOf(given),
  };
}

/** All of a draft; of one that runs only what may still change, for the platform refuses the rest. */
export function changeOf(campaign: Campaign, given: Fields): CampaignChange {
  const draft = draftOf(given);
  if (campaign.status === "draft") return { ...draft, version: campaign.version };
  const { name, introduction, vehicle_ids, budget_fen, ends_on } = draft;
  return { name, introduction, vehicle_ids, budget_fen, ends_on, version: campaign.version } as CampaignChange;
}
