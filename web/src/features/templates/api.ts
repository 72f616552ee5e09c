import { answer, api } from '@/shared/api/client';
import type { components } from '@/shared/api/schema';
import type { Id } from '@/shared/api/types';
import type { Component } from './model/template';

type Schemas = components['schemas'];

export type TemplateVariable = Schemas['VariableOut'];
/** The wire leaves the provider's parts open; `Component` says what is read of them. */
export type Template = Omit<Schemas['TemplateOut'], 'components'> & { components: Component[] };
export type Problem = Schemas['ProblemOut'];
export type Submission = Omit<Schemas['TemplateBody'], 'components' | 'parameter_format'> &
  Pick<Template, 'components' | 'parameter_format'>;
export type PhoneCheck = Schemas['PhoneCheck'];
export type FirstMessage = Schemas['FirstMessageBody'];

const template = (wire: Schemas['TemplateOut']): Template => ({ ...wire, components: wire.components as Component[] });

/** All of a channel's templates, or the firm's: the list is short enough to be searched here, with Turkish folding. */
export async function readTemplates(channelId: Id | null): Promise<Template[]> {
  const items: Template[] = [];
  let cursor: string | null = null;
  do {
    const query = { limit: 100, cursor, channel_id: channelId };
    const page: { items: Schemas['TemplateOut'][]; next_cursor: string | null } = await answer(
      api.GET('/api/v1/templates', { params: { query } }),
    );
    items.push(...page.items.map(template));
    cursor = page.next_cursor;
  } while (cursor);
  return items;
}

const at = (id: Id) => ({ path: { template_id: id } });

/** Values that the server knows for some of the variables: the contact's first name, the firm's name. */
export async function readSuggestions(templateId: Id, conversationId: Id | null): Promise<Record<string, string>> {
  const params = { ...at(templateId), query: { conversation_id: conversationId } };
  const { values } = await answer(api.GET('/api/v1/templates/{template_id}/suggestions', { params }));
  return values;
}

export const readTemplate = async (id: Id): Promise<Template> =>
  template(await answer(api.GET('/api/v1/templates/{template_id}', { params: at(id) })));

/** What the provider would refuse. Asks nobody but our server. */
export const lintTemplate = (body: Submission, signal: AbortSignal) =>
  answer(api.POST('/api/v1/templates/lint', { body, signal }));

export const submitTemplate = async (body: Submission): Promise<Template> =>
  template(await answer(api.POST('/api/v1/templates', { body })));

/** Another wording of the same name and language. */
export async function editTemplate(id: Id, { category, parameter_format, components }: Submission): Promise<Template> {
  const body = { category, parameter_format, components };
  return template(await answer(api.PUT('/api/v1/templates/{template_id}', { params: at(id), body })));
}

export const deleteTemplate = (id: Id) => answer(api.DELETE('/api/v1/templates/{template_id}', { params: at(id) }));

/** Reads the provider's list now; how many there are. */
export const syncTemplates = (channelId: Id) => answer(api.POST('/api/v1/templates/sync', { body: { channel_id: channelId } }));

/** Gives the provider an example of a header's file; the word to submit it by. */
export const uploadSample = (channelId: Id, attachmentId: Id) =>
  answer(api.POST('/api/v1/templates/samples', { body: { channel_id: channelId, attachment_id: attachmentId } }));

export const checkPhone = (channelId: Id, phone: string, signal: AbortSignal) =>
  answer(api.POST('/api/v1/first-messages/check', { body: { channel_id: channelId, phone }, signal }));

/** All of it happens, or nothing. The same key is the same message. */
export const sendFirstMessage = (body: FirstMessage, key: string) =>
  answer(api.POST('/api/v1/first-messages', { body, params: { header: { 'idempotency-key': key } } }));
