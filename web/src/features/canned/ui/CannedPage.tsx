import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CANNED_KEY, deleteCannedReply, readCannedReplies } from '@/shared/api/canned';
import type { CannedReply, Id } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Chip } from '@/shared/ui/Chip';
import { IconButton } from '@/shared/ui/IconButton';
import { IconMessageBolt, IconPaperclip, IconPencil, IconPlus, IconTrash } from '@/shared/ui/icons';
import { Page, PageHeader, rowsClass } from '@/shared/ui/Page';
import { SearchField } from '@/shared/ui/SearchField';
import { sentenceOf, showError } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { toast, UNDO_MS } from '@/shared/ui/toasts';
import { grouped, LANGUAGES } from '../model/draft';
import '../texts';
import CannedEditor from './CannedEditor';
import classes from './CannedPage.module.css';
import { WithVariables } from './WithVariables';

/** The firm's canned replies: searched, written, changed and deleted. */
export function CannedPage() {
  const { t } = useTranslation('canned');
  const queries = useQueryClient();
  const replies = useQuery({ queryKey: CANNED_KEY, queryFn: readCannedReplies });
  const slow = useSlow();
  const [query, setQuery] = useState('');
  const [edited, setEdited] = useState<CannedReply | 'new' | null>(null);
  const [leaving, setLeaving] = useState<readonly Id[]>([]);
  const all = (replies.data ?? []).filter((reply) => !leaving.includes(reply.id));
  const groups = grouped(all, query);

  /** Gone from the page at once, from the server when there is no way back any more. */
  function remove(reply: CannedReply) {
    setLeaving((held) => [...held, reply.id]);
    const back = () => setLeaving((held) => held.filter((id) => id !== reply.id));
    const timer = setTimeout(() => {
      deleteCannedReply(reply.id)
        .then(() => queries.invalidateQueries({ queryKey: CANNED_KEY }))
        .catch((error: unknown) => {
          back();
          showError(error);
        });
    }, UNDO_MS);
    toast(t('deleted', { title: reply.title }), {
      undo: () => {
        clearTimeout(timer);
        back();
      },
    });
  }

  const create = (
    <Button
      look="primary"
      icon={<IconPlus size={16} stroke={1.8} aria-hidden="true" />}
      data-testid="canned-new"
      onClick={() => setEdited('new')}
    >
      {t('new')}
    </Button>
  );
  return (
    <Page width="text">
      <PageHeader title={t('title')} lead={t('lead')} actions={all.length > 0 && create} />
      {all.length > 0 && (
        <SearchField
          className={classes.search}
          label={t('search')}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
      )}
      {replies.isPending && slow && <SkeletonRows count={6} />}
      {replies.isError && !replies.data && (
        <ErrorBar onRetry={() => void replies.refetch()}>{sentenceOf(replies.error)}</ErrorBar>
      )}
      {replies.isSuccess && groups.length === 0 && (
        <Empty
          icon={<IconMessageBolt size={28} stroke={1.3} aria-hidden="true" />}
          title={all.length === 0 ? t('empty') : t('none', { query })}
          text={all.length === 0 ? t('emptyText') : t('noneText')}
          action={all.length === 0 ? create : <Button onClick={() => setQuery('')}>{t('clear')}</Button>}
        />
      )}
      {groups.map(([folder, held]) => (
        <section key={folder ?? ''} className={classes.group} aria-label={folder ?? t('noFolder')}>
          {(folder !== null || groups.length > 1) && <h2 dir="auto">{folder ?? t('noFolder')}</h2>}
          <ul className={rowsClass}>
            {held.map((reply) => (
              <Row key={reply.id} reply={reply} onEdit={() => setEdited(reply)} onDelete={() => remove(reply)} />
            ))}
          </ul>
        </section>
      ))}
      {edited !== null && (
        <CannedEditor reply={edited === 'new' ? null : edited} replies={replies.data ?? []} onClose={() => setEdited(null)} />
      )}
    </Page>
  );
}

/** Who deletes by keyboard goes on from the next row, or from the page's button after the last one. */
function neighbour(button: HTMLElement): HTMLElement | null {
  const row = button.closest('li');
  const next = row?.nextElementSibling ?? row?.previousElementSibling;
  return next?.querySelector<HTMLElement>('button:last-of-type') ?? document.querySelector('[data-testid=canned-new]');
}

function Row({ reply, onEdit, onDelete }: { reply: CannedReply; onEdit: () => void; onDelete: () => void }) {
  const { t } = useTranslation('canned');
  const texts = LANGUAGES.flatMap((language): [string, string][] => {
    const text = reply.texts[language];
    return text === undefined ? [] : [[language, text]];
  });
  return (
    <li className={classes.row} data-testid="canned-row">
      <div className={classes.words}>
        <p className={classes.name}>
          <strong dir="auto">{reply.title}</strong>
          <bdi dir="ltr">/{reply.shortcut}</bdi>
          {texts.map(([language]) => (
            <Chip key={language}>{language}</Chip>
          ))}
          {reply.attachment_ids.length > 0 && (
            <Chip icon={<IconPaperclip size={12} stroke={1.8} aria-hidden="true" />}>
              {t('files', { count: reply.attachment_ids.length })}
            </Chip>
          )}
        </p>
        <p className={classes.text} dir="auto">
          <WithVariables text={reply.texts.tr ?? texts[0]?.[1] ?? ''} />
        </p>
        {reply.uses > 0 && <p className={classes.uses}>{t('uses', { count: reply.uses })}</p>}
      </div>
      <IconButton label={t('edit', { title: reply.title })} onClick={onEdit}>
        <IconPencil size={18} stroke={1.5} aria-hidden="true" />
      </IconButton>
      <IconButton
        label={t('delete', { title: reply.title })}
        onClick={(event) => {
          neighbour(event.currentTarget)?.focus();
          onDelete();
        }}
      >
        <IconTrash size={18} stroke={1.5} aria-hidden="true" />
      </IconButton>
    </li>
  );
}
