import { type ClipboardEvent, type KeyboardEvent, Suspense, use, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { useTranslation } from 'react-i18next';
import type { Conversation, Id, Upload } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { enterSends } from '@/shared/keys/enter';
import { dropWord } from '@/shared/keys/registry';
import { useKeys } from '@/shared/keys/useKeys';
import { canRecord, hasClip } from '@/shared/media/clips';
import type { DraftKind } from '@/shared/offline/drafts';
import { markOf } from '@/shared/ui/ChannelMark';
import { lazyPart } from '@/shared/ui/lazyPart';
import { showError } from '@/shared/ui/showError';
import { acceptedTypes } from '../../model/attachments';
import { type Asked, fieldKey, gapsIn, nameKey, replaced, type Variable } from '../../model/canned';
import { answerTo, takeQuoted, useReplies } from '../../model/messageMenu';
import { useChannel } from '../../model/queries';
import { sendNote, sendReply } from '../../model/sending';
import { TemplateSlot, useTemplateWish, wishTemplate } from '../../model/templateSlot';
import { useTray } from '../../model/tray';
import { type WindowState, windowState } from '../../model/window';
import classes from './Composer.module.css';
import { ComposerBar, ComposerFoot } from './ComposerParts';
import { type Extra, extrasOf } from './extras';
import { useCanned } from './useCanned';
import { useDraftText } from './useDraftText';
import { useFileDrop } from './useFileDrop';

const Blocked = lazyPart(() => import('./Blocked'));
const QuoteBar = lazyPart(() => import('./QuoteBar'));
const CannedList = lazyPart(() => import('./CannedList'));
const Tray = lazyPart(() => import('./Tray'));
const TemplateArea = lazyPart(() => import('./TemplateArea'));
const VoiceRecorder = lazyPart(() => import('./VoiceRecorder'));
const Extras = lazyPart(() => import('./Extras'));
const loadEmoji = () => import('./EmojiPanel');
const EmojiPanel = lazyPart(loadEmoji);

interface Props {
  id: Id;
  /** Not known yet: words can be written, not sent. */
  row: Conversation | undefined;
  detailReady: boolean;
}

export function Composer({ id, row, detailReady }: Props) {
  const { t } = useTranslation('conversations');
  const channel = useChannel(row?.channel.id);
  const { kind, text, saved, change, choose: chooseKind } = useDraftText(id, detailReady);
  const [extra, setExtra] = useState<Extra | null>(null);
  const [emoji, setEmoji] = useState(false);
  const [due, setDue] = useState(false);
  const [recording, setRecording] = useState(() => hasClip(id));
  const Templates = use(TemplateSlot);
  const wished = useTemplateWish(({ conversationId }) => conversationId === id);
  const input = useRef<HTMLTextAreaElement>(null);
  const root = useRef<HTMLElement>(null);
  const tray = useTray(channel?.capabilities);
  const now = useNow();
  const window: WindowState = row ? windowState(row, channel, now) : { kind: 'none' };

  const note = kind === 'note';
  const blocked = !note && (window.kind === 'closed' || channel?.status === 'reconnect_needed');
  const limit = note ? Number.POSITIVE_INFINITY : (channel?.capabilities.text_max ?? Number.POSITIVE_INFINITY);
  const over = text.length - limit;
  const files = note ? 0 : tray.sendable;
  const gapName = (variable: Variable) => {
    const known = nameKey(variable);
    return known ? t(`variable.${known}`) : fieldKey(variable);
  };
  const gaps = note ? [] : gapsIn(text);
  const canSend = row !== undefined && !blocked && over <= 0 && gaps.length === 0 && (text.trim() !== '' || files > 0);
  const canned = useCanned(input, row !== undefined && !note && !blocked);
  const empty = text === '' && tray.items.length === 0;
  const broken = channel?.status === 'reconnect_needed';
  const mayTemplate = Templates !== null && !note && !broken && channel?.capabilities.templates === true;
  const picking = mayTemplate && wished && !blocked;
  const mayTalk = row !== undefined && !note && !blocked && channel?.capabilities.voice === true && canRecord();

  // Somebody chose a message to answer: the field has the keyboard.
  const quoted = useReplies((state) => state.to[id]);
  const asked = useReplies((state) => state.asked);
  const answered = useRef(asked);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only being asked again counts
  useEffect(() => {
    if (asked === answered.current) return;
    answered.current = asked;
    choose('reply');
  }, [asked]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the height follows the text and the mode
  useLayoutEffect(() => {
    const el = input.current;
    if (!el) return;
    el.style.blockSize = 'auto';
    el.style.blockSize = `${el.scrollHeight}px`;
  }, [text, kind, blocked, recording]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a wish turns to the reply once
  useEffect(() => {
    if (wished && note) chooseKind('reply');
  }, [wished]);
  useEffect(() => () => wishTemplate(null), []);

  /** The field has the keyboard before this returns: the next key is a letter of the words. */
  function choose(next: DraftKind) {
    flushSync(() => chooseKind(next));
    if (input.current) input.current.focus();
    else dropWord();
  }

  /** Puts the caret, or the next gap, where one goes on writing. */
  function select(from: number, to = from) {
    input.current?.focus();
    input.current?.setSelectionRange(from, to);
  }

  function insert(asked: Asked, words: string, uploads: Upload[], thenSend: boolean) {
    const made = replaced(text, asked, words);
    canned.close();
    flushSync(() => change(made.text));
    const [gap] = gapsIn(made.text);
    if (gap) select(gap.from, gap.to);
    else select(made.caret);
    tray.addUploads(uploads).then(() => thenSend && setDue(true), showError);
  }

  // After the words and the files of a canned reply are here; a hole in it is gone to instead.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each time it is asked for
  useEffect(() => {
    if (!due) return;
    setDue(false);
    send();
  }, [due]);

  function insertEmoji(char: string) {
    const { selectionStart = text.length, selectionEnd = text.length } = input.current ?? {};
    const made = replaced(text, { from: selectionStart, to: selectionEnd }, char);
    flushSync(() => {
      setEmoji(false);
      change(made.text);
    });
    select(made.caret);
  }

  function askForCanned() {
    const asking = canned.begin(text);
    flushSync(() => change(asking.text));
    select(asking.caret);
  }

  function send() {
    if (gaps[0]) select(gaps[0].from, gaps[0].to);
    if (!canSend) return;
    if (note) sendNote(id, text.trim());
    else {
      sendReply(id, text.trim(), tray, channel?.capabilities.caption_max ?? 0, takeQuoted(id));
    }
    change('');
    input.current?.focus();
  }

  /** Back to the words, which have waited. */
  function toWords(leave: () => void) {
    flushSync(leave);
    input.current?.focus();
  }
  const endTemplates = () => toWords(() => wishTemplate(null));

  function onKeyDown(event: KeyboardEvent) {
    // While a word is being composed Enter belongs to the keyboard, not to us (229: older ways of saying so).
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (canned.keys.current?.(event)) return;
    if (event.key === 'Tab' && gaps.length > 0 && !event.shiftKey) {
      const caret = input.current?.selectionEnd ?? 0;
      const next = gaps.find((gap) => gap.from >= caret);
      if (next) {
        event.preventDefault();
        select(next.from, next.to);
      }
      return;
    }
    if (event.key === 'Escape') {
      if (quoted && !note) answerTo(id, null);
      else input.current?.blur();
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
  const words = !(blocked && row) && !(picking && row) && !(recording && mayTalk);
  useKeys([{ keys: 'Ctrl e', label: t('composer.emoji'), group, run: () => setEmoji(true) }], words);

  return (
    <section
      ref={root}
      className={classes.composer}
      data-kind={kind}
      data-talk={(mayTalk && empty) || undefined}
      aria-label={t('composer.label')}
    >
      {dragging && <div className={classes.drop}>{t('composer.drop')}</div>}
      <ComposerBar row={row} channel={channel} kind={kind} onChoose={choose} />
      {blocked && row ? (
        <Suspense fallback={<div className={classes.waiting} />}>
          <Blocked
            row={row}
            channel={channel}
            window={window}
            onNote={() => choose('note')}
            templates={mayTemplate && <Templates row={row} focus={wished} onSent={endTemplates} onCancel={undefined} />}
          />
        </Suspense>
      ) : picking && row ? (
        <Suspense fallback={<div className={classes.waiting} />}>
          <TemplateArea onClose={endTemplates}>
            <Templates row={row} focus onSent={endTemplates} onCancel={endTemplates} />
          </TemplateArea>
        </Suspense>
      ) : recording && mayTalk ? (
        <Suspense fallback={<div className={classes.waiting} />}>
          <VoiceRecorder id={id} onClose={() => toWords(() => setRecording(false))} />
        </Suspense>
      ) : (
        <>
          {!note && quoted && (
            <Suspense fallback={null}>
              <QuoteBar message={quoted} contactName={row?.contact.name ?? ''} onDrop={() => answerTo(id, null)} />
            </Suspense>
          )}
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
            aria-autocomplete={note ? undefined : 'list'}
            aria-controls={canned.activeId ? 'canned-options' : undefined}
            aria-activedescendant={canned.activeId}
            onChange={(event) => {
              change(event.currentTarget.value);
              canned.look();
            }}
            onSelect={canned.look}
            onBlur={canned.close}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          {!note && (tray.items.length > 0 || tray.tooMany) && (
            <Suspense>
              <Tray tray={tray} />
            </Suspense>
          )}
          {emoji && (
            <Suspense>
              <EmojiPanel onPick={insertEmoji} onClose={(back) => (back ? toWords(() => setEmoji(false)) : setEmoji(false))} />
            </Suspense>
          )}
          <ComposerFoot
            kind={kind}
            mark={row && markOf(row.channel.kind)}
            accept={channel ? acceptedTypes(channel.capabilities) : null}
            extras={row ? extrasOf(channel?.capabilities) : []}
            onFiles={tray.add}
            onExtra={setExtra}
            emoji={emoji}
            onEmoji={() => (emoji ? toWords(() => setEmoji(false)) : setEmoji(true))}
            onEmojiSoon={() => void loadEmoji().catch(() => undefined)}
            onTalk={mayTalk && empty ? () => setRecording(true) : null}
            onTemplates={mayTemplate ? () => wishTemplate(id) : null}
            onCanned={row ? askForCanned : null}
            status={
              gaps[0]
                ? t('composer.gap', { name: gapName(gaps[0].variable) })
                : over > 0
                  ? t('composer.tooLong', { count: over })
                  : saved
                    ? t('composer.saved')
                    : null
            }
            bad={over > 0 || gaps.length > 0}
            canSend={canSend}
            onSend={send}
          />
        </>
      )}
      {canned.asked && row && (
        <Suspense>
          <CannedList
            asked={canned.asked}
            row={row}
            keys={canned.keys}
            onActive={canned.setActiveId}
            onInsert={insert}
            onClose={canned.close}
          />
        </Suspense>
      )}
      {extra && row && (
        <Suspense>
          <Extras
            extra={extra}
            row={row}
            capabilities={channel?.capabilities}
            text={text}
            onTaken={() => change('')}
            onClose={() => setExtra(null)}
          />
        </Suspense>
      )}
    </section>
  );
}
