import type { ReactNode } from 'react';
import type { Message } from '@/shared/api/types';
import { ContactCards, InteractiveBody, LocationBody, OrderBody, ReactionBody, TemplateBody, UnsupportedBody } from './Cards';
import { MediaBody } from './MediaBody';
import { TextBody } from './TextBody';

/** What a message shows, by its type. */
export function Content({ message, meta }: { message: Message; meta: ReactNode }) {
  switch (message.type) {
    case 'text':
    case 'note':
      return <TextBody text={message.text ?? ''} meta={meta} />;
    case 'image':
    case 'video':
    case 'audio':
    case 'document':
    case 'sticker':
      return <MediaBody attachments={message.attachments} caption={message.text} meta={meta} type={message.type} />;
    case 'location':
      return <LocationBody payload={message.payload} meta={meta} />;
    case 'contacts':
      return <ContactCards payload={message.payload} meta={meta} />;
    case 'interactive':
      return <InteractiveBody text={message.text} payload={message.payload} meta={meta} />;
    case 'order':
      return <OrderBody text={message.text} payload={message.payload} meta={meta} />;
    case 'template':
      return <TemplateBody message={message} meta={meta} />;
    case 'reaction':
      return <ReactionBody text={message.text} payload={message.payload} meta={meta} />;
    case 'unsupported':
      return <UnsupportedBody payload={message.payload} meta={meta} />;
    case 'activity':
    case 'system':
      return <TextBody text={message.text ?? ''} meta={meta} />;
    default:
      message.type satisfies never;
      return null;
  }
}
