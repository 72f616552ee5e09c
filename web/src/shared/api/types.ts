/** The wire's shapes under the names we use. They are generated from the server's OpenAPI document; only the stream is written by hand. */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Id = string;
export type Time = string;

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Session = Schemas['SessionOut'];
export type Theme = Session['user']['theme'];
export type User = Schemas['UserOut'];
export type Channel = Schemas['ChannelOut'];
export type Capabilities = Schemas['CapabilitiesOut'];
export type InteractiveRule = Schemas['InteractiveRuleOut'];
export type Tag = Schemas['Tag'];
export type TagColor = Tag['color'];
export type Conversation = Schemas['Conversation'];
export type ConversationDetail = Schemas['ConversationDetail'];
export type ConversationStatus = Conversation['status'];
export type Counts = Schemas['Counts'];
export type View = keyof Counts;
export type Draft = Schemas['Draft'];
export interface Referral {
  source_type?: string;
  source_url?: string;
  headline?: string;
  body?: string;
  media_type?: string;
  image_url?: string;
  thumbnail_url?: string;
}

/** Where a message came from besides its author. */
export interface MessageContext {
  forwarded?: boolean;
  often_forwarded?: boolean;
  product?: { catalog_id?: string; product_id?: string };
  referral?: Referral;
}

export type Message = Schemas['Message'];
export type MessageType = Message['type'];
export type DeliveryStatus = NonNullable<Message['status']>;
export type Attachment = Schemas['Attachment'];
export type MediaKind = Attachment['kind'];
export type Upload = Schemas['Upload'];
export type Contact = Schemas['ContactCard'];
export type ContactNote = Schemas['ContactNote'];
export type FieldValue = Contact['fields'][string];
export type ContactField = Schemas['ContactFieldOut'];
export type ContactFieldType = ContactField['type'];
export type ContactFieldDraft = Schemas['ContactFieldBody'];
export type ContactFieldChange = Schemas['ContactFieldChangeBody'];
export type FoundMessage = Schemas['FoundMessage'];
export type CannedReply = Schemas['CannedReplyOut'];
export type CannedReplyChange = Schemas['CannedReplyBody'];
export type QuarantineRow = Schemas['QuarantineOut'];

export const TAG_COLORS = [
  'teal',
  'blue',
  'amber',
  'red',
  'green',
  'violet',
  'grey',
  'pink',
] as const satisfies readonly TagColor[];

export interface Batch {
  type: 'batch';
  cursor: string;
  conversations: Conversation[];
  messages: Message[];
  removed: Id[];
  reads: { conversation_id: Id; read_seq: number; unread: number }[];
  /** Templates that have changed: whoever shows them asks again. */
  templates: Id[];
}

export type Frame =
  | { type: 'hello'; cursor: string }
  | { type: 'resync'; cursor: string }
  | { type: 'tick'; cursor: string }
  | Batch;
