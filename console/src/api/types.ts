/** The shapes of /api/staff, as the console uses them; money in fen, times ISO 8601 UTC. */

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
  total?: number;
}

export interface Named {
  id: string;
  name: string;
}

export interface Staff extends Named {
  role: "adviser" | "dealer_manager" | "marketer" | "finance" | "admin";
  dealer: Named | null;
  brand: Named;
  now: string;
}

/** Where somebody is signed in. */
export interface Browser {
  id: string;
  is_this: boolean;
  how: string;
  address: string;
  agent: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
}

export interface Tag {
  key: string;
  label: string;
  kind: "rule" | "manual";
}

export interface Incident {
  id: string;
  kind: string;
  severity: "error" | "warning";
  title: string;
  detail: string;
  at: string;
  can_resolve: boolean;
  link: { type: "order" | "customer" | "journey" | "lead"; id: string } | null;
}

export interface Overview {
  reservations: number;
  deposits_fen: number;
  leads_open: number;
  leads_overdue: number;
  messages_sent: number;
  messages_failed: number;
  vehicles_listed: number;
  vehicles_reserved: number;
  /** The latest; `money_tasks` counts all that are about money. */
  incidents: Incident[];
  money_tasks: number;
  now: string;
}

export interface Person {
  id: string;
  nickname: string | null;
  phone_masked: string | null;
}

export interface CustomerRow extends Person {
  tags: Tag[];
  grade: string | null;
  adviser: string | null;
  dealer: string | null;
  last_event_at: string | null;
  created_at: string;
}

/** What she said of a purpose, over one channel or (null) every one, and how we know. */
interface WishWord {
  purpose: string;
  channel: string | null;
  channel_label: string | null;
  source: string;
  recorded_by: string | null;
}

export interface ConsentWord extends WishWord {
  text_version: string;
  scene: string | null;
  given_at: string;
  withdrawn_at: string | null;
}

export interface RefusalWord extends WishWord {
  refused_at: string;
  lifted_at: string | null;
}

/** What goes over when two profiles of one person are made one. */
export interface Merge {
  kept: Person;
  merged: Person;
  orders: number;
  leads: number;
  tags: number;
  identities: number;
  messages: number;
}

/** What she wants to hear of marketing over each channel. */
export interface Wishes {
  wanted: boolean;
  text: { version: string; words: string } | null;
  channels: { channel: string; label: string; wanted: boolean; reason: "refused" | "no_consent" | null }[];
}

export interface Customer extends Person {
  created_at: string;
  wechat: { followed: boolean };
  lead: { id: string; status: string; grade: string | null; adviser: string | null; dealer: string | null } | null;
  orders: OrderRow[];
  tags: Tag[];
  reach: { mini_program: boolean; phone: boolean };
  consents: ConsentWord[];
  refusals: RefusalWord[];
}

export interface TimelineItem {
  id: string;
  name: string;
  label: string;
  detail: string | null;
  recorded_at: string;
  actor: { type: string; name: string | null };
  subject: { type: string; id: string } | null;
}

export interface JourneyRow extends Named {
  key: string;
  status: string;
  version: number;
  trigger_label: string;
  entered: number;
  active: number;
  completed: number;
  exited: number;
  stuck: number;
  converted: number;
  updated_at: string;
  archived_at: string | null;
}

export interface JourneyNode {
  id: string;
  kind: string;
  label: string;
  summary: string;
}

export interface JourneyGraph {
  nodes: JourneyNode[];
  edges: { from: string; port: string; port_label: string; to: string }[];
}

export type NodeNumbers = Partial<
  Record<"entered" | "stuck" | "waiting" | "passed" | "sent" | "delivered" | "failed" | "skipped", number>
>;

export interface Journey extends Named {
  status: string;
  version: number;
  trigger: { label: string };
  exit_on: string[];
  graph: JourneyGraph;
  numbers: Record<string, NodeNumbers>;
}

export interface Walk {
  id: string;
  customer: Person;
  status: string;
  node_id: string | null;
  due_at: string | null;
  entered_at: string;
  exit_reason: string | null;
}

export interface VehicleCard {
  id: string;
  title: string;
  price_fen: number;
  photo: string | null;
}

export interface LeadRow {
  id: string;
  customer: Person;
  status: string;
  grade: string | null;
  dealer: Named | null;
  owner: Named | null;
  vehicle: VehicleCard | null;
  next_action_at: string | null;
  overdue: boolean;
  created_at: string;
}

export type LeadAction = "accept" | "call-back" | "test-drive";

export interface Lead extends LeadRow {
  actions: LeadAction[];
  interests: { id: string; kind: string; vehicle: VehicleCard | null; message: string | null; at: string }[];
  assignments: { id: string; cause: string; rule: string; chosen: string | null; candidates: number; answer: string | null; at: string }[];
  activities: { id: string; label: string; detail: string | null; actor: string | null; at: string }[];
}

export interface OrderRow {
  id: string;
  number: string;
  status: string;
  payment_status: string;
  amount_fen: number;
  vehicle: VehicleCard | null;
  customer: Person;
  dealer: Named | null;
  created_at: string;
}

export interface LedgerLine {
  id: string;
  at: string;
  entry: string;
  account: string;
  debit_fen: number;
  credit_fen: number;
}

/** One step of a state machine; `subject` is the table whose row moved. */
export interface Move {
  id: string;
  at: string;
  subject: string;
  before: string;
  after: string;
  actor: { type: string; name: string | null };
  reason: string | null;
  cause: string;
  request_id: string;
}

export type OrderAction = "confirm" | "extend" | "convert" | "decline" | "sold-offline" | "refund";

export interface Order extends OrderRow {
  deposit_type: string;
  terms_version: string;
  terms_accepted_at: string;
  refundable_until: string | null;
  close_reason: string | null;
  cancel_reason: string | null;
  dealer_note: string | null;
  payee_name: string;
  refund_rule: string;
  hold_hours: number;
  extension_hours: number;
  confirmed_at: string | null;
  extended_at: string | null;
  refundable_fen: number;
  /** Null where WeChat keeps no money until it is told of the hand-over. */
  shipping: { status: string; label: string; told_at: string | null; error_code: string | null } | null;
  store: Named | null;
  reservation: { status: string; expires_at: string | null } | null;
  attempts: { id: string; out_trade_no: string; transaction_id: string | null; status: string; created_at: string }[];
  refunds: { id: string; out_refund_no: string; amount_fen: number; status: string; reason: string | null; created_at: string }[];
  ledger: LedgerLine[];
  trail: Move[];
  /** `refusal` says why it cannot be done now; null where it can. */
  actions: { action: OrderAction; refusal: string | null }[];
}
