/** The shapes of /api/staff, as the console uses them; money in fen, times ISO 8601 UTC. */
import type { Schemas } from "./schema";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total?: number;
}

export type Named = Schemas["dealers.NamedOut"];
export type Staff = Schemas["console.MeOut"];

/** Where somebody is signed in. */
export type Browser = Schemas["dealers.BrowserOut"];
export type Tag = Schemas["console.TagOut"];
export type Incident = Schemas["console.TroubleOut"];
export type Overview = Schemas["console.OverviewOut"];
export type Person = Schemas["console.PersonOut"];
export type CustomerRow = Schemas["console.CustomerRowOut"];

/** What she said of a purpose, over one channel or (null) every one, and how we know. */

export type ConsentWord = Schemas["console.ConsentRowOut"];
export type RefusalWord = Schemas["console.RefusalRowOut"];

/** What goes over when two profiles of one person are made one. */
export type Merge = Schemas["console.MergeOut"];
export type PastMerge = Schemas["console.PastMergeOut"];

/** What she wants to hear of marketing over each channel. */
export type Wishes = Schemas["messaging.WishesOut"];
export type Customer = Schemas["console.CustomerPageOut"];
export type TimelineItem = Schemas["console.EventOut"];
export type JourneyRow = Schemas["console.JourneyRowOut"];
export type JourneyNode = Schemas["console.NodeOut"];
export type JourneyGraph = Schemas["console.GraphOut"];

export type NodeNumbers = Schemas["console.JourneyOut"]["numbers"][string];

export type Journey = Schemas["console.JourneyOut"];
export type Walk = Schemas["console.WalkOut"];
export type VehicleCard = Schemas["console.VehicleCardOut"];
export type LeadRow = Schemas["console.LeadRowOut"];

export type LeadAction = Schemas["console.LeadPageOut"]["actions"][number];
export type Lead = Schemas["console.LeadPageOut"];
export type OrderRow = Schemas["console.OrderRowOut"];
export type LedgerLine = Schemas["console.LedgerLineOut"];

/** One step of a state machine; `subject` is the table whose row moved. */
export type Move = Schemas["console.MoveOut"];

export type OrderAction = Schemas["console.OrderPageOut"]["actions"][number]["action"];
export type Order = Schemas["console.OrderPageOut"];
