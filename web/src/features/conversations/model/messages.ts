/** What is done to one message: a reaction, passing it on, saying what became of it. */
import i18next from 'i18next';
import type { Id, Message } from '@/shared/api/types';
import { newClientId } from '@/shared/offline/outbox';
import { putMessages } from '@/shared/realtime/store';
import { errorText, showError } from '@/shared/ui/showError';
import { toast } from '@/shared/ui/toasts';
import * as api from '../api';

/** Null takes back what we gave. */
export async function giveReaction(message: Message, emoji: string | null): Promise<void> {
  try {
    putMessages([await api.react(message, emoji, newClientId())]);
  } catch (error) {
    showError(error);
  }
}

/** Each conversation answers for itself. True when at least one took it; who refused is told. */
export async function passOn(message: Message, conversationIds: Id[], key: string): Promise<boolean> {
  const t = i18next.getFixedT(null, 'thread');
  try {
    const { items } = await api.forward(message, conversationIds, key);
    putMessages(items.flatMap((item) => item.message ?? []));
    const refused = items.flatMap((item) => item.error ?? []);
    const [first] = refused;
    if (first) {
      const reason = errorText(first.code, '', first.params);
      toast(t('forward.someRefused', { count: refused.length, reason }));
    }
    const taken = items.length - refused.length;
    if (taken > 0) toast(t('forward.done', { count: taken }));
    return taken > 0;
  } catch (error) {
    showError(error);
    return false;
  }
}
