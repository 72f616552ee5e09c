import type { FocusEvent, KeyboardEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { EmojiPicker } from '../EmojiPicker';
import classes from './EmojiPanel.module.css';

interface Props {
  onPick: (emoji: string) => void;
  /** `back`: the keyboard returns to the words; without, it went where somebody pressed. */
  onClose: (back: boolean) => void;
}

/** Over the composer. Closes by Escape, and when the keyboard leaves it. */
export default function EmojiPanel({ onPick, onClose }: Props) {
  const { t } = useTranslation('conversations');
  function onBlur(event: FocusEvent<HTMLElement>) {
    // Another window took the keyboard: whoever comes back goes on looking.
    if (!event.currentTarget.contains(event.relatedTarget) && document.hasFocus()) onClose(false);
  }
  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    onClose(true);
  }
  return (
    <div
      role="dialog"
      aria-label={t('composer.emoji')}
      className={classes.panel}
      data-testid="composer-emoji-panel"
      onBlur={onBlur}
      onKeyDown={onKeyDown}
    >
      <EmojiPicker onPick={onPick} />
    </div>
  );
}
