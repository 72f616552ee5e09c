import { answer, api } from '@/shared/api/client';
import type { Id, Page, Time } from '@/shared/api/types';
import type { Component } from './model/template';

export interface TemplateVariable {
  /** What a send's `values` name it by: `body.1`, `header.name`, `button.0`. */
  key: string;
  where: 'header' | 'body' | 'button';
  /** A button's place, from 0. */
  index: number | null;
  example: string | null;
}

export interface Template {
  id: Id;
  channel_id: Id | null;
  account_key: string;
  name: string;
  language: string;
  category: string;
  status: string;
  quality: string | null;
  rejected_reason: string | null;
  rejected_message: string | null;
  parameter_format: 'POSITIONAL' | 'NAMED';
  components: Component[];
  variables: TemplateVariable[];
  header_format: string | null;
  /** Approved, and made of parts that can be filled in here. */
  sendable: boolean;
  updated_at: Time;
}

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;
interface Loose {
  GET<T>(path: string, init: object): Answer<T>;
}
const wire = api as unknown as Loose;

/** All of a channel's templates, or the firm's: the list is short enough to be searched here, with Turkish folding. */
export async function readTemplates(channelId: Id | null): Promise<Template[]> {
  const items: Template[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: 100, cursor, ...(channelId ? { channel_id: channelId } : {}) };
    const page: Page<Template> = await answer(wire.GET<Page<Template>>('/api/v1/templates', { params: { query } }));
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

/** Values that the server knows for some of the variables: the contact's first name, the firm's name. */
export async function readSuggestions(templateId: Id, conversationId: Id | null): Promise<Record<string, string>> {
  const query = conversationId ? { conversation_id: conversationId } : {};
  const params = { path: { template_id: templateId }, query };
  const { values } = await answer(
    wire.GET<{ values: Record<string, string> }>('/api/v1/templates/{template_id}/suggestions', { params }),
  );
  return values;
}
