import { useQueryClient } from '@tanstack/react-query';
import { sendTemplate } from '@/features/conversations/model/sendingOther';
import type { TemplateSlotProps } from '@/features/conversations/model/templateSlot';
import { shown } from '@/features/templates/model/template';
import { type TemplateChoice, TemplatePicker } from '@/features/templates/ui/TemplatePicker';
import type { Contact } from '@/shared/api/types';

/** The picker of templates in the composer: what it hands over goes out through the outbox. */
export default function ComposerTemplates({ row, focus, onSent, onCancel }: TemplateSlotProps) {
  const queries = useQueryClient();
  const language = queries.getQueryData<Contact>(['contact', row.contact.id])?.language;
  function send({ template, values, attachmentId }: TemplateChoice) {
    const { header, body, footer, buttons } = shown(template.components, values);
    const payload = {
      template_id: template.id,
      name: template.name,
      language: template.language,
      ...(header && { header: { format: header.format, ...(header.text && { text: header.text }) } }),
      ...(footer && { footer }),
      buttons: buttons.map(({ type, title }) => ({ type, title })),
    };
    const file = attachmentId ? { attachment_id: attachmentId } : {};
    sendTemplate(row.id, { type: 'template', template_id: template.id, values, ...file }, body, payload);
    onSent();
  }
  return (
    <TemplatePicker
      channelId={row.channel.id}
      conversationId={row.id}
      language={language}
      autoFocus={focus}
      onCancel={onCancel}
      onSend={send}
    />
  );
}
