/** The wire, as docs/api.md fixes it. Times are RFC 3339 in UTC, ids UUID strings. */

export type Id = string;
export type Time = string;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Theme = 'light' | 'dark' | 'auto';

export interface Session {
  user: {
    id: Id;
    name: string;
    username: string;
    role: 'user' | 'supervisor';
    permissions: string[];
    locale: 'tr' | 'en';
    theme: Theme;
  };
  tenant: { id: Id; name: string; slug: string; timezone: string };
  expires_at: Time;
}

export interface User {
  id: Id;
  name: string;
  username: string;
  role: 'user' | 'supervisor';
}

export type MediaKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

export interface Capabilities {
  text_max: number;
  caption_max: number;
  media: Partial<Record<MediaKind, { mimes: string[]; max_bytes: number }>>;
  service_window_s: number | null;
}

export interface Channel {
  id: Id;
  number: number;
  kind: string;
  provider: string;
  name: string;
  address: string | null;
  status: 'connected' | 'reconnect_needed' | 'paused';
  team_id: Id | null;
  capabilities: Capabilities;
}

export const TAG_COLORS = ['teal', 'blue', 'amber', 'red', 'green', 'violet', 'grey', 'pink'] as const;
export type TagColor = (typeof TAG_COLORS)[number];

export interface Tag {
  id: Id;
  name: string;
  color: TagColor;
}

export type ConversationStatus = 'open' | 'snoozed' | 'resolved';
export type View = 'mine' | 'unassigned' | 'all';
export type Counts = Record<View, number>;

export type DeliveryStatus = 'queued' | 'sending' | 'sent' | 'delivered' | 'read' | 'failed' | 'unknown';
export type Direction = 'inbound' | 'outbound' | 'internal';
export type MessageType =
  | 'text'
  | 'image'
  | 'video'
  | 'audio'
  | 'document'
  | 'sticker'
  | 'location'
  | 'contacts'
  | 'interactive'
  | 'order'
  | 'reaction'
  | 'template'
  | 'system'
  | 'unsupported'
  | 'note'
  | 'activity';

export interface ServiceWindow {
  opened_by: string | null;
  closes_at: Time;
}

export interface Conversation {
  id: Id;
  number: number;
  status: ConversationStatus;
  preview: string | null;
  preview_type: MessageType | null;
  preview_direction: Direction | null;
  preview_status: DeliveryStatus | null;
  unread: number;
  read_seq: number;
  last_seq: number;
  last_message_at: Time | null;
  waiting_since: Time | null;
  snoozed_until: Time | null;
  resolved_at: Time | null;
  created_at: Time;
  version: number;
  contact: { id: Id; name: string; phone: string | null };
  channel: { id: Id; kind: string; name: string };
  assignee: { id: Id; name: string } | null;
  team: { id: Id; name: string } | null;
  tags: Tag[];
  window: ServiceWindow | null;
}

export interface Draft {
  kind: 'reply' | 'note';
  text: string;
  updated_at: Time;
}

export interface ConversationDetail extends Conversation {
  draft: Draft | null;
  previous_conversation_id: Id | null;
}

export interface Attachment {
  id: Id;
  kind: MediaKind;
  mime: string;
  size: number | null;
  name: string | null;
  url: string;
  state: 'stored' | 'pending' | 'failed';
  voice: boolean;
}

export interface Message {
  id: Id;
  conversation_id: Id;
  seq: number;
  direction: Direction;
  type: MessageType;
  text: string | null;
  status: DeliveryStatus | null;
  error: { code: string; vendor_code: string | null; message: string } | null;
  author: { kind: 'contact' | 'user' | 'system'; id: Id | null; name: string | null };
  attachments: Attachment[];
  /** Shape by type; read through the functions of `payloads.ts`, never directly. */
  payload: unknown;
  reply_to: { id: Id; seq: number; type: MessageType; text: string | null; author: unknown } | null;
  client_id: string | null;
  provider_at: Time | null;
  created_at: Time;
  sent_at: Time | null;
  delivered_at: Time | null;
  read_at: Time | null;
  dismissed: boolean;
  version: number;
}

export interface Upload {
  id: Id;
  kind: MediaKind;
  mime: string;
  size: number;
  name: string | null;
  url: string;
}

export interface ContactIdentity {
  id: Id;
  channel: { id: Id; kind: string; name: string };
  display: string;
  last_inbound_at: Time | null;
}

export interface Contact {
  id: Id;
  name: string;
  phone: string | null;
  language: string | null;
  created_at: Time;
  identities: ContactIdentity[];
  notes: Message[];
  conversations: Conversation[];
}

export interface QuarantineRow {
  id: Id;
  channel_kind: string;
  reason: string;
  raw: unknown;
  created_at: Time;
  replayed_at: Time | null;
}

export interface ReadState {
  conversation_id: Id;
  read_seq: number;
  unread: number;
}

export interface Batch {
  type: 'batch';
  cursor: string;
  conversations: Conversation[];
  messages: Message[];
  removed: Id[];
  reads: ReadState[];
}

export type Frame =
  | { type: 'hello'; cursor: string }
  | { type: 'resync'; cursor: string }
  | { type: 'tick'; cursor: string }
  | Batch;
