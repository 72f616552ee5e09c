/** What the sandbox's control API gives. See its README. */

export type Direction = 'customer' | 'business';
export type Status = 'accepted' | 'sent' | 'delivered' | 'read' | 'failed';
export type WindowState = 'open' | 'hour' | 'closed';

export interface BusinessNumber {
  phone_number_id: string;
  display_phone_number: string;
  name: string;
  firm: string;
}

export interface Channel {
  kind: string;
  webhook_url: string | null;
  numbers: BusinessNumber[];
}

export interface Customer {
  id: number;
  name: string;
  phone: string | null;
  username: string | null;
  user_id: string;
  group: 'person' | 'crowd' | 'stranger' | 'past';
  unread: number;
  last_at: number | null;
  preview: string;
  preview_type: string | null;
  preview_direction: Direction | null;
  window: { state: WindowState; closes_at: number | null; hold: WindowState | null };
}

export interface Media {
  id: string;
  mime: string;
  size: number;
  filename: string | null;
  voice: boolean;
}

export interface Message {
  id: string;
  seq: number;
  direction: Direction;
  type: string;
  content: unknown;
  context: string | null;
  at: number;
  status: Status;
  errors: { code: number; title: string; error_data?: { details?: string } }[] | null;
  reaction: { customer: string | null; business: string | null };
  media: Media | null;
  referral?: Record<string, unknown> | null;
}

/** A webhook that waits for its next attempt. */
export interface WaitingWebhook {
  id: number;
  label: string;
  about: string;
  attempts: number;
  next_at: number | null;
}

export interface Waiting {
  total: number;
  items: WaitingWebhook[];
}

export interface Template {
  id: string;
  name: string;
  language: string;
  status: string;
  category: string;
  components: unknown;
  quality_score: { score: string };
  rejected_reason: string;
}

export interface ScenarioRun {
  id: number;
  name: string;
  number: string;
  customer: number | null;
  running: boolean;
  problem: string | null;
}

export interface LogEntry {
  id: number;
  at: number;
  number: string;
  direction: 'webhook' | 'call';
  label: string;
  about: string;
  status: number | null;
  ms: number;
  note: string | null;
}

export interface LogEntryWhole extends LogEntry {
  url: string;
  request_headers: Record<string, string>;
  answer_headers: Record<string, string>;
  cut: boolean;
  request: string;
  answer: string;
}

export type FaultName =
  | 'slow'
  | 'throttle'
  | 'refuse'
  | 'duplicate'
  | 'reorder'
  | 'withhold'
  | 'forge'
  | 'outage'
  | 'media'
  | 'batch';
export type FaultSet = Partial<Record<FaultName, Record<string, number | null>>>;

export interface Faults {
  global: FaultSet;
  numbers: Record<string, FaultSet>;
}

export interface State {
  channels: Channel[];
  faults: Faults;
  queue: number;
  waiting: Waiting;
}

export interface CrowdReport {
  id: number;
  customers: number;
  messages: number;
  done: number;
  webhooks: number;
  delivered: number;
  failed: number;
  running: boolean;
  p50_ms: number | null;
  p99_ms: number | null;
}

export type Notice =
  | { type: 'faults'; faults: Faults }
  | { type: 'reset' }
  | { type: 'log_cleared' }
  | { type: 'templates' }
  | { type: 'scenario'; run: ScenarioRun }
  | { type: 'crowd'; report: CrowdReport }
  | { type: 'typing'; number: string; customer: number; until: number };

export interface Changes {
  type: 'changes';
  number: string;
  reload?: boolean;
  customers?: Customer[];
  customer?: number;
  messages?: Message[];
  log: LogEntry[];
  log_skipped: number;
  notices: Notice[];
  waiting: Waiting;
}
