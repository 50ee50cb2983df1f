/** Templates: what a message says; what the doors give and take, and what the pages do with them. */
import { HOUR, useOne } from "./queries";

const TEMPLATES = "staff/templates/";

export interface WritableChannel {
  kind: string;
  label: string;
  to: "customer" | "staff";
  is_noted_by_account: boolean;
}

export interface Fact {
  name: string;
  label: string;
  example: string;
}

export interface Writing {
  channels: WritableChannel[];
  facts: Fact[];
}

export const useWriting = () => useOne<Writing>(`${TEMPLATES}writing`, HOUR);
