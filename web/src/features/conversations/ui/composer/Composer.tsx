import { type ClipboardEvent, type KeyboardEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Conversation, Id } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { enterSends } from '@/shared/keys/enter';
import { dropWord } from '@/shared/keys/registry';
import { useKeys } from '@/shared/keys/useKeys';
import { type DraftKind, type LocalDraft, openDraft, peekDraft, saveDraft } from '@/shared/offline/drafts';
import { enqueue } from '@/shared/offline/outbox';
import { useLive } from '@/shared/realtime/store';
import { markOf } from '@/shared/ui/ChannelMark';
import { acceptedTypes } from '../../model/attachments';
import { useChannel } from '../../model/queries';
import { useTray } from '../../model/tray';
import { type WindowState, windowState } from '../../model/window';
import { Blocked } from './Blocked';
import classes from './Composer.module.css';
import { ComposerBar, ComposerFoot } from './ComposerParts';
import { Tray } from './Tray';
import { useFileDrop } from './useFileDrop';

interface Props {
  id: Id;
  /** Not known yet: words can be written, not sent. */
  row: Conversation | undefined;
  detailReady: boolean;
}

export function Composer({ id, row, detailReady }: Props) {
  const { t } = useTranslation('conversations');
  const channel = useChannel(row?.channel.id);
  const serverDraft = useLive((state) => state.details[id]?.draft ?? null);
  const [kind, setKind] = useState<DraftKind>(() => kindOf(peekDraft(id)));
  const [texts, setTexts] = useState(() => ({ reply: peekDraft(id)?.reply ?? '', note: peekDraft(id)?.note ?? '' }));
  const [saved, setSaved] = useState(false);
  const chosen = useRef(false);
  const input = useRef<HTMLTextAreaElement>(null);
  const root = useRef<HTMLElement>(null);
  const tray = useTray(channel?.capabilities);
  const now = useNow();
  const window: WindowState = row ? windowState(row, channel, now) : { kind: 'none' };

  const note = kind === 'note';
  const text = texts[kind];
  const blocked = !note && (window.kind === 'closed' || channel?.status === 'reconnect_needed');
  const limit = note ? Number.POSITIVE_INFINITY : (channel?.capabilities.text_max ?? Number.POSITIVE_INFINITY);
  const over = text.length - limit;
  const files = note ? 0 : tray.sendable;
  const canSend = row !== undefined && !blocked && over <= 0 && (text.trim() !== '' || files > 0);

  // What was typed before: first here, then on another device; what is being typed now goes before that.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the server's draft counts as it was when the conversation was opened
  useEffect(() => {
    let gone = false;
    void openDraft(id, detailReady ? serverDraft : null).then((draft) => {
      if (gone) return;
      if (!chosen.current) setKind(kindOf(draft));
      setTexts({ reply: draft.reply, note: draft.note });
    });
    return () => {
      gone = true;
    };
  }, [id, detailReady]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text and the mode
  useLayoutEffect(() => {
    const el = input.current;
    if (!el) return;
    el.style.blockSize = 'auto';
    el.style.blockSize = `${el.scrollHeight}px`;
  }, [text, kind, blocked]);

  useEffect(() => {
    if (!text) {
      setSaved(false);
      return;
    }
    const timer = setTimeout(() => setSaved(true), 600);
    return () => {
      clearTimeout(timer);
      setSaved(false);
    };
  }, [text]);

  function change(value: string) {
    chosen.current = true;
    setTexts((held) => ({ ...held, [kind]: value }));
    saveDraft(id, { kind, [kind]: value });
  }

  /** The field has the keyboard before this returns: the next key is a letter of the words. */
  function choose(next: DraftKind) {
    chosen.current = true;
    flushSync(() => setKind(next));
    if (texts.reply || texts.note) saveDraft(id, { kind: next });
    if (input.current) input.current.focus();
    else dropWord();
  }

  function send() {
    if (!canSend) return;
    const words = text.trim();
    if (note) {
      void enqueue({ conversationId: id, type: 'note', text: words, media: null });
    } else {
      const media = tray.handOver();
      // One file takes the words as its caption; of several each has its own, and the words follow.
      const captionMax = channel?.capabilities.caption_max ?? 0;
      const asCaption = media.length === 1 && media[0]?.kind !== 'audio' && words.length <= captionMax;
      for (const { caption, ...file } of media) {
        void enqueue({ conversationId: id, type: 'media', text: asCaption ? words : caption, media: file });
      }
      if (words && !asCaption) void enqueue({ conversationId: id, type: 'text', text: words, media: null });
    }
    change('');
    input.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    // While a word is being composed Enter belongs to the keyboard, not to us (229: older ways of saying so).
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      input.current?.blur();
      return;
    }
    if (event.key !== 'Enter' || event.shiftKey || event.altKey) return;
    if (event.ctrlKey || event.metaKey || enterSends()) {
      event.preventDefault();
      send();
    }
  }

  function onPaste(event: ClipboardEvent) {
    if (note || blocked || event.clipboardData.files.length === 0) return;
    event.preventDefault();
    tray.add(event.clipboardData.files);
  }

  const dragging = useFileDrop(root, !note && !blocked && channel !== undefined, tray.add);
  const group = t('keys.conversation');
  useKeys([
    { keys: 'r', label: t('keys.reply'), group, run: () => choose('reply') },
    { keys: 'n', label: t('keys.note'), group, run: () => choose('note') },
  ]);

  return (
    <section ref={root} className={classes.composer} data-kind={kind} aria-label={t('composer.label')}>
      {dragging && <div className={classes.drop}>{t('composer.drop')}</div>}
      <ComposerBar row={row} channel={channel} kind={kind} onChoose={choose} />
      {blocked && row ? (
        <Blocked row={row} channel={channel} window={window} onNote={() => choose('note')} />
      ) : (
        <>
          <textarea
            ref={input}
            className={classes.input}
            data-testid="composer-input"
            dir="auto"
            rows={1}
            value={text}
            aria-label={note ? t('composer.noteLabel') : t('composer.replyLabel')}
            placeholder={note ? t('composer.notePlaceholder') : t('composer.replyPlaceholder')}
            aria-invalid={over > 0}
            onChange={(event) => change(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          {!note && <Tray tray={tray} />}
          <ComposerFoot
            kind={kind}
            mark={row && markOf(row.channel.kind)}
            accept={channel ? acceptedTypes(channel.capabilities) : null}
            onFiles={tray.add}
            status={over > 0 ? t('composer.tooLong', { count: over }) : saved ? t('composer.saved') : null}
            bad={over > 0}
            canSend={canSend}
            onSend={send}
          />
        </>
      )}
    </section>
  );
}

/** Where one goes on: at the note that was begun, else at the reply. */
function kindOf(draft: LocalDraft | undefined): DraftKind {
  return draft?.kind === 'note' && draft.note !== '' ? 'note' : 'reply';
}
