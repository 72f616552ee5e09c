import { Menu, Popover } from '@mantine/core';
import { Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Message } from '@/shared/api/types';
import { IconArrowForwardUp, IconCopy, IconCornerUpLeft, IconDownload, IconMoodPlus, IconPencil } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import { lazyPart } from '@/shared/ui/lazyPart';
import { toast } from '@/shared/ui/toasts';
import '@/shared/ui/mantine-menu.css';
import '../../threadTexts';
import { answerTo, closeMenu, forwardMessage, showRevisions, useMessageMenu } from '../../model/messageMenu';
import { giveReaction } from '../../model/messages';
import { useCanQuote, useCanReact } from '../../model/queries';
import classes from './MessageMenu.module.css';

const EmojiPicker = lazyPart(async () => ({ default: (await import('../EmojiPicker')).EmojiPicker }));
const QUICK = ['👍', '❤️', '😂', '😮', '😢', '🙏'];

/** What can be done with one message. One menu serves the whole thread and stands where it was asked for. */
export default function MessageMenu({ conversationId, channelId }: { conversationId: string; channelId: string }) {
  const { t } = useTranslation('thread');
  const open = useMessageMenu((state) => state.open);
  const canReact = useCanReact(channelId);
  const canQuote = useCanQuote(channelId);
  const [emoji, setEmoji] = useState(false);
  useEffect(() => setEmoji(open?.emoji ?? false), [open]);
  useEffect(() => closeMenu, []);
  if (!open) return null;
  const { message, x, y } = open;
  const talk = message.type !== 'note';
  const [attachment] = message.attachments;
  const react = (chosen: string) => {
    closeMenu();
    void giveReaction(message, chosen);
  };
  return (
    <Menu
      opened
      withinPortal
      position="bottom"
      width={emoji ? 340 : undefined}
      withInitialFocusPlaceholder={false}
      onChange={(shown) => !shown && closeMenu()}
      // The keyboard goes back to the message, not to the point that the menu hangs on.
      onExitTransitionEnd={() => focusLine(message)}
    >
      <Menu.Target>
        <span aria-hidden="true" style={{ position: 'fixed', left: x, top: y, inlineSize: 1, blockSize: 1 }} />
      </Menu.Target>
      {emoji && canReact && talk ? (
        // No menu: it holds a field and hundreds of buttons.
        <Popover.Dropdown role="dialog" aria-label={t('menu.pickEmoji')} p={4} data-testid="message-menu">
          <Suspense fallback={<p className={classes.wait}>{t('menu.loading')}</p>}>
            <EmojiPicker onPick={react} />
          </Suspense>
        </Popover.Dropdown>
      ) : (
        <Menu.Dropdown aria-label={t('menu.label')} data-testid="message-menu">
          {canReact && talk && (
            <div className={classes.quick}>
              {QUICK.map((one) => (
                <Menu.Item
                  key={one}
                  component="button"
                  className={classes.emoji}
                  aria-label={t('menu.react', { emoji: one })}
                  onClick={() => react(one)}
                >
                  {one}
                </Menu.Item>
              ))}
              <Menu.Item
                className={classes.emoji}
                aria-label={t('menu.moreEmoji')}
                closeMenuOnClick={false}
                onClick={() => setEmoji(true)}
              >
                <IconMoodPlus size={18} stroke={1.6} aria-hidden="true" />
              </Menu.Item>
            </div>
          )}
          {canQuote && talk && (
            <Menu.Item
              leftSection={<IconCornerUpLeft size={16} stroke={1.5} aria-hidden="true" />}
              rightSection={<Kbd>R</Kbd>}
              onClick={() => answerTo(conversationId, message)}
            >
              {t('menu.reply')}
            </Menu.Item>
          )}
          {talk && message.type !== 'reaction' && message.type !== 'unsupported' && (
            <Menu.Item
              leftSection={<IconArrowForwardUp size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => forwardMessage(message)}
            >
              {t('menu.forward')}
            </Menu.Item>
          )}
          {message.edited_at && (
            <Menu.Item
              leftSection={<IconPencil size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => showRevisions(message)}
            >
              {t('menu.revisions')}
            </Menu.Item>
          )}
          {message.text && (
            <Menu.Item
              leftSection={<IconCopy size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => void copy(message, t('copied'))}
            >
              {t('menu.copy')}
            </Menu.Item>
          )}
          {attachment?.state === 'stored' && (
            <Menu.Item
              component="a"
              href={`${attachment.url}${attachment.url.includes('?') ? '&' : '?'}download=1`}
              download={attachment.name ?? true}
              leftSection={<IconDownload size={16} stroke={1.5} aria-hidden="true" />}
            >
              {t('menu.download')}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      )}
    </Menu>
  );
}

async function copy(message: Message, done: string): Promise<void> {
  await navigator.clipboard.writeText(message.text ?? '');
  toast(done);
}

function focusLine(message: Message): void {
  document.querySelector<HTMLElement>(`[data-line="${message.id}"]`)?.focus();
}
