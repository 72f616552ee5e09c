import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { toast } from '@/shared/ui/toasts';
import type { Place } from '../../model/landing';
import { messagesOf, type ThreadItem } from '../../model/threadItems';
import type { Target } from './jump';

const FLASH_MS = 1600;
const TRIES = 30;

/** Goes to a message wherever it is: to its line when it is loaded, else by loading the place around it. */
export function useJump(
  items: RefObject<ThreadItem[]>,
  scrollTo: (index: number) => void,
  land: (place: Place) => Promise<unknown>,
) {
  const { t } = useTranslation('conversations');
  const [flashed, setFlashed] = useState<string | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const show = useCallback(
    async (fits: (item: ThreadItem) => boolean, tries: number): Promise<boolean> => {
      for (let round = 0; round < tries; round += 1) {
        const at = items.current.findIndex(fits);
        if (at >= 0) {
          scrollTo(at);
          // Heights on the way were guesses: once they are measured the place is aimed at again.
          await new Promise(requestAnimationFrame);
          const now = items.current.findIndex(fits);
          if (now >= 0) scrollTo(now);
          setFlashed(items.current[now]?.key ?? null);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => setFlashed(null), FLASH_MS);
          return true;
        }
        await new Promise(requestAnimationFrame);
      }
      return false;
    },
    [items, scrollTo],
  );

  const jump = useCallback(
    async ({ conversationId, id, seq }: Target) => {
      const fits = (item: ThreadItem) => messagesOf(item).some((message) => message.id === id);
      try {
        if (await show(fits, 1)) return;
        await land({ conversationId, seq });
        if (await show(fits, TRIES)) return;
      } catch {
        // Told below, like a message that is there no more.
      }
      toast(t('thread.placeGone'));
    },
    [land, show, t],
  );

  const jumpToDay = useCallback(
    async (place: { conversationId: Id; date: string }) => {
      try {
        await land(place);
        await show((item) => item.kind === 'day' && item.key.slice(-10) >= place.date, TRIES);
      } catch {
        toast(t('thread.placeGone'));
      }
    },
    [land, show, t],
  );

  return { jump, jumpToDay, flashed };
}
