/** From what stands in the composer to the messages of the outbox. */
import type { Id } from '@/shared/api/types';
import { enqueue } from '@/shared/offline/outbox';
import type { TrayApi } from './tray';

export const sendNote = (conversationId: Id, text: string): void =>
  void enqueue({ conversationId, type: 'note', text, media: null });

/**
 * Files in their order, then the words; one file alone takes them as its caption where the channel has room for them.
 * Of several messages the first one quotes `replyTo`.
 */
export function sendReply(conversationId: Id, text: string, tray: TrayApi, captionMax: number, replyTo: Id | null = null): void {
  let quote = replyTo;
  const takeQuote = () => {
    const taken = quote;
    quote = null;
    return taken;
  };
  const media = tray.handOver();
  const asCaption = media.length === 1 && media[0]?.kind !== 'audio' && text.length <= captionMax;
  for (const { caption, ...file } of media) {
    void enqueue({ conversationId, type: 'media', text: asCaption ? text : caption, media: file, replyTo: takeQuote() });
  }
  if (text && !asCaption) void enqueue({ conversationId, type: 'text', text, media: null, replyTo: takeQuote() });
}
