/** What can be sent besides words and files, in the wire's words (docs/api.md, "Messages"). */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Controls = Schemas['InteractiveMessageBody']['payload'];
export type Place = Omit<Schemas['LocationMessageBody'], 'type' | 'reply_to_id'>;
export type Card = Schemas['CardBody'];

export type TemplateBody = Schemas['TemplateMessageBody'];

export type OtherBody =
  | Schemas['InteractiveMessageBody']
  | Schemas['LocationMessageBody']
  | Schemas['ContactsMessageBody']
  | TemplateBody;
