import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useEffect, useId, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CANNED_KEY, readCannedReplies, renderCannedReply } from '@/shared/api/canned';
import type { CannedReply, Contact, Conversation, Upload } from '@/shared/api/types';
import { useMe } from '@/shared/session/session';
import { IconPaperclip } from '@/shared/ui/icons';
import { Kbd } from '@/shared/ui/Kbd';
import { sentenceOf, showError } from '@/shared/ui/showError';
import { ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import '../../composeTexts';
import type { Asked } from '../../model/canned';
import { offered, recentReplies, rememberReply, textFor } from '../../model/cannedOffer';
import classes from './CannedList.module.css';
import { CannedPreview } from './CannedPreview';
import type { CannedKeys } from './useCanned';

interface Props {
  asked: Asked;
  row: Conversation;
  /** Set while the list is there: the text field gives it the keys that are its own. */
  keys: RefObject<CannedKeys | null>;
  onActive: (optionId: string | undefined) => void;
  /** `send`: at once, when nothing in it is still open. */
  onInsert: (asked: Asked, text: string, files: Upload[], send: boolean) => void;
  onClose: () => void;
}

/** Over the composer: canned replies by what is typed after the slash, and the text as it will be sent. */
export default function CannedList({ asked, row, keys, onActive, onInsert, onClose }: Props) {
  const { t } = useTranslation('compose');
  const { user, tenant } = useMe();
  const queries = useQueryClient();
  const replies = useQuery({ queryKey: CANNED_KEY, queryFn: readCannedReplies, staleTime: 30_000 });
  const slow = useSlow();
  const id = useId();
  const [place, setPlace] = useState(0);
  const [busy, setBusy] = useState(false);
  // As it was when the list opened: what is at the top must not change under the finger.
  const [recent] = useState(recentReplies);
  const found = useMemo(() => offered(replies.data ?? [], asked.query, recent), [replies.data, asked.query, recent]);
  const active = found[Math.min(place, found.length - 1)];
  const language = queries.getQueryData<Contact>(['contact', row.contact.id])?.language;

  // biome-ignore lint/correctness/useExhaustiveDependencies: other words, so the best of them is chosen again
  useEffect(() => setPlace(0), [asked.query]);

  const optionId = active && `${id}-${active.id}`;
  useEffect(() => {
    onActive(optionId);
    if (optionId) document.getElementById(optionId)?.scrollIntoView({ block: 'nearest' });
    return () => onActive(undefined);
  }, [optionId, onActive]);

  async function insert(reply: CannedReply, send = false) {
    if (busy) return;
    setBusy(true);
    try {
      const { text, attachments } = await renderCannedReply(reply.id, row.id);
      rememberReply(reply.id);
      onInsert(asked, text, attachments, send);
    } catch (error) {
      showError(error);
      setBusy(false);
    }
  }

  useEffect(() => {
    keys.current = (event) => {
      const moves: Record<string, () => unknown> = { Escape: onClose };
      if (found.length > 0) {
        moves.ArrowDown = () => setPlace((held) => Math.min(found.length - 1, held + 1));
        moves.ArrowUp = () => setPlace((held) => Math.max(0, held - 1));
        moves.Tab = () => active && void insert(active);
      }
      // Enter never sends a word that was meant for the list: with nothing found it closes the list.
      moves.Enter = () => (active ? void insert(active, event.ctrlKey || event.metaKey) : replies.isPending || onClose());
      const move = event.shiftKey || event.altKey ? undefined : moves[event.key];
      if (!move) return false;
      event.preventDefault();
      event.stopPropagation();
      move();
      return true;
    };
    return () => {
      keys.current = null;
    };
  });

  // Somebody without a name is listed by their number: that is no way to address them.
  const name = /\p{L}/u.test(row.contact.name) ? row.contact.name : '';
  const values = {
    'contact.first_name': name.split(/\s+/)[0] ?? '',
    'contact.name': name,
    'agent.name': user.name,
    'firm.name': tenant.name,
  };
  return (
    <div className={classes.panel} data-testid="canned-list" data-busy={busy || undefined}>
      <div className={classes.left}>
        <p className={classes.head}>
          <span>{t('canned.title')}</span>
          {replies.isSuccess && <span>{t('canned.count', { count: found.length, all: replies.data.length })}</span>}
        </p>
        {replies.isPending && slow && <SkeletonRows count={2} />}
        {replies.isError && <ErrorBar onRetry={() => void replies.refetch()}>{sentenceOf(replies.error)}</ErrorBar>}
        {replies.isSuccess && found.length === 0 && (
          <p className={classes.none} role="status">
            {replies.data.length === 0 ? t('canned.empty') : t('canned.none', { query: asked.query })}
          </p>
        )}
        {found.length > 0 && (
          <div role="listbox" id="canned-options" aria-label={t('canned.title')} className={classes.list}>
            {found.map((reply, at) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the keyboard and moves through the options
              // biome-ignore lint/a11y/useFocusableInteractive: as above, by aria-activedescendant
              <div
                key={reply.id}
                id={`${id}-${reply.id}`}
                role="option"
                aria-selected={reply === active}
                className={classes.option}
                data-testid="canned-option"
                onPointerMove={reply === active ? undefined : () => setPlace(at)}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => void insert(reply)}
              >
                <strong dir="auto">{reply.title}</strong>
                <span className={classes.meta}>
                  <bdi dir="ltr">/{reply.shortcut}</bdi>
                  {reply.folder && <span dir="auto">{reply.folder}</span>}
                  {reply.attachment_ids.length > 0 && (
                    <span>
                      <IconPaperclip size={12} stroke={1.7} aria-hidden="true" />
                      <span className="visually-hidden">{t('canned.files')} </span>
                      {reply.attachment_ids.length}
                    </span>
                  )}
                </span>
                {reply.uses > 0 && <span className={classes.uses}>{t('canned.uses', { count: reply.uses })}</span>}
              </div>
            ))}
          </div>
        )}
      </div>
      {active && (
        <div className={classes.right}>
          <p className={classes.head}>{t('canned.preview')}</p>
          <CannedPreview text={textFor(active, language)} values={values} />
          <p className={classes.hint} aria-hidden="true">
            <Kbd>↑</Kbd> <Kbd>↓</Kbd> {t('canned.move')} <Kbd>↵</Kbd> {t('canned.insert')} <Kbd>Ctrl</Kbd> <Kbd>↵</Kbd>{' '}
            {t('canned.sendNow')}
          </p>
        </div>
      )}
    </div>
  );
}
