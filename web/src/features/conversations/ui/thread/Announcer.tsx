import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { onBatches } from '@/shared/realtime/socket';

/** Reads out what the contact writes while the thread is open. The thread itself is silent: it also loads history. */
export function Announcer({ conversationId }: { conversationId: Id }) {
  const { t } = useTranslation('conversations');
  const [text, setText] = useState('');
  useEffect(
    () =>
      onBatches((batches) => {
        const latest = batches
          .flatMap((batch) => batch.messages)
          .findLast(
            (message) => message.conversation_id === conversationId && message.direction === 'inbound' && message.version <= 1,
          );
        if (latest) setText(`${latest.author.name ?? ''}: ${latest.text ?? t(`type.${latest.type}`)}`);
      }),
    [conversationId, t],
  );
  return (
    <div className="visually-hidden" aria-live="polite">
      {text}
    </div>
  );
}
