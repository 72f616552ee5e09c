import type { ReactNode } from 'react';
import { readContext } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import '../../../threadTexts';
import { ContactCards, LocationBody, OrderBody, ReactionBody, UnsupportedBody } from './Cards';
import { InteractiveBody } from './InteractiveBody';
import { MediaBody } from './MediaBody';
import { ReferralCard } from './ReferralCard';
import { TemplateBody } from './TemplateBody';
import { TextBody } from './TextBody';

export { Activity } from '../Activity';
export { Announcer } from '../Announcer';
export { FailedActions, FailedNote, UnknownNote } from '../Failed';
export { PendingLine } from '../PendingLine';
export { Album } from './Album';
export { Actions, Forwarded, Reactions, Revoked } from './Marks';
export { MediaBody };

/** Everything that is more than words, in one piece of code that comes after the first load. */
export default function Rich({ message, meta }: { message: Message; meta: ReactNode }) {
  return (
    <>
      <ReferralCard context={readContext(message.context)} />
      <Body message={message} meta={meta} />
    </>
  );
}

function Body({ message, meta }: { message: Message; meta: ReactNode }) {
  switch (message.type) {
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
      return <InteractiveBody message={message} meta={meta} />;
    case 'order':
      return <OrderBody text={message.text} payload={message.payload} meta={meta} />;
    case 'template':
      return <TemplateBody message={message} meta={meta} />;
    case 'reaction':
      return <ReactionBody text={message.text} payload={message.payload} meta={meta} />;
    case 'unsupported':
      return <UnsupportedBody payload={message.payload} meta={meta} />;
    case 'text':
    case 'note':
    case 'activity':
    case 'system':
      return <TextBody text={message.text ?? ''} meta={meta} />;
    default:
      message.type satisfies never;
      return null;
  }
}
