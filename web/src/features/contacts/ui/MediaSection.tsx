import { useInfiniteQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Attachment, Id, Message } from '@/shared/api/types';
import { readMarks } from '@/shared/format/marks';
import { useNow } from '@/shared/format/now';
import { fileSize, playTime } from '@/shared/format/text';
import { listTime } from '@/shared/format/time';
import { currentLocale } from '@/shared/i18n/i18n';
import { asMedium, openLightbox } from '@/shared/media/lightbox';
import { Button } from '@/shared/ui/Button';
import { IconFileText, IconLink, IconMicrophone, IconPlayerPlayFilled } from '@/shared/ui/icons';
import { ErrorBar, useSlow } from '@/shared/ui/states';
import { type MediaSort, readContactMedia } from '../api';
import classes from './MediaSection.module.css';

const SORTS = ['media', 'files', 'links'] as const satisfies readonly MediaSort[];
const EMPTY = { media: 'files.noMedia', files: 'files.noFiles', links: 'files.noLinks' } as const;

/** Everything that was sent between us and this person, in all their conversations. */
export function MediaSection({ contactId }: { contactId: Id }) {
  const { t } = useTranslation('contacts');
  const [sort, setSort] = useState<MediaSort>('media');
  const found = useInfiniteQuery({
    queryKey: ['contact-media', contactId, sort],
    queryFn: ({ pageParam }) => readContactMedia(contactId, sort, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const messages: Message[] = found.data?.pages.flatMap((page) => page.items as Message[]) ?? [];
  const choose = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = SORTS[(SORTS.indexOf(sort) + step + SORTS.length) % SORTS.length] ?? 'media';
    setSort(next);
    document.getElementById(`media-${next}`)?.focus();
  };
  return (
    <>
      <div className={classes.tabs} role="tablist" aria-label={t('files.title')}>
        {SORTS.map((one) => (
          <button
            key={one}
            id={`media-${one}`}
            type="button"
            role="tab"
            aria-selected={sort === one}
            aria-controls="media-shown"
            tabIndex={sort === one ? 0 : -1}
            onClick={() => setSort(one)}
            onKeyDown={choose}
          >
            {t(`files.${one}`)}
          </button>
        ))}
      </div>
      <div id="media-shown" role="tabpanel" aria-labelledby={`media-${sort}`} data-testid="contact-media">
        {found.isError && <ErrorBar onRetry={() => void found.refetch()}>{t('files.failed')}</ErrorBar>}
        {found.isPending && <Waiting />}
        {found.isSuccess && messages.length === 0 && <p className={classes.none}>{t(EMPTY[sort])}</p>}
        {messages.length > 0 &&
          (sort === 'media' ? (
            <Pictures messages={messages} />
          ) : sort === 'files' ? (
            <Files messages={messages} />
          ) : (
            <Links messages={messages} />
          ))}
        {found.hasNextPage && (
          <Button size="small" look="ghost" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t('files.more')}
          </Button>
        )}
      </div>
    </>
  );
}

function Waiting() {
  return useSlow() ? (
    <div className={classes.grid} aria-hidden="true">
      <span />
      <span />
      <span />
    </div>
  ) : null;
}

const stored = (messages: Message[]): { message: Message; file: Attachment }[] =>
  messages.flatMap((message) => message.attachments.filter((file) => file.state === 'stored').map((file) => ({ message, file })));

function Pictures({ messages }: { messages: Message[] }) {
  const { t } = useTranslation('contacts');
  const shown = stored(messages);
  // From left to right as they were sent; the newest stands first in the panel.
  const media = shown.map(({ message, file }) => asMedium(file, message.text)).reverse();
  return (
    <div className={classes.grid}>
      {shown.map(({ message, file }) => {
        const film = file.kind === 'video';
        const name = message.text ?? file.name ?? t(film ? 'files.video' : 'files.photo');
        return (
          <button key={file.id} type="button" aria-label={t('files.open', { name })} onClick={() => openLightbox(media, file.id)}>
            {(!film || file.thumbnail_url) && <img src={file.thumbnail_url ?? file.url} alt="" loading="lazy" decoding="async" />}
            {film && <IconPlayerPlayFilled size={18} aria-hidden="true" />}
          </button>
        );
      })}
    </div>
  );
}

function Files({ messages }: { messages: Message[] }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  return (
    <ul className={classes.list}>
      {stored(messages).map(({ message, file }) => {
        const sound = file.kind === 'audio';
        const Icon = sound ? IconMicrophone : IconFileText;
        return (
          <li key={file.id}>
            <a href={`${file.url}${file.url.includes('?') ? '&' : '?'}download=1`} download={file.name ?? true}>
              <Icon size={18} stroke={1.5} aria-hidden="true" />
              <span>
                <strong dir="auto">{file.name ?? t(sound ? 'files.voice' : 'files.file')}</strong>
                <span>
                  {[
                    file.duration_s ? playTime(file.duration_s) : file.size !== null && fileSize(file.size, currentLocale()),
                    listTime(message.created_at, now, t('yesterday')),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function Links({ messages }: { messages: Message[] }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  return (
    <ul className={classes.list}>
      {messages.flatMap((message) =>
        linksOf(message.text ?? '').map(({ href, text }) => (
          <li key={`${message.id} ${href}`}>
            <a href={href} target="_blank" rel="noopener noreferrer nofollow">
              <IconLink size={18} stroke={1.5} aria-hidden="true" />
              <span>
                <strong>
                  <bdi dir="ltr">{text}</bdi>
                </strong>
                <span>{listTime(message.created_at, now, t('yesterday'))}</span>
              </span>
            </a>
          </li>
        )),
      )}
    </ul>
  );
}

function linksOf(text: string): { href: string; text: string }[] {
  const found = readMarks(text).flatMap((piece) =>
    piece.kind === 'link' ? [{ href: piece.href, text: piece.text }] : 'pieces' in piece ? linksIn(piece.pieces) : [],
  );
  return [...new Map(found.map((link) => [link.href, link])).values()];
}

const linksIn = (pieces: ReturnType<typeof readMarks>): { href: string; text: string }[] =>
  pieces.flatMap((piece) =>
    piece.kind === 'link' ? [{ href: piece.href, text: piece.text }] : 'pieces' in piece ? linksIn(piece.pieces) : [],
  );
