import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContactNote, Id, Message } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { fullTime, listTime } from '@/shared/format/time';
import { useCan, useMe } from '@/shared/session/session';
import { Button } from '@/shared/ui/Button';
import { IconPencil, IconPlus, IconTrash } from '@/shared/ui/icons';
import { showError } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { toast, UNDO_MS } from '@/shared/ui/toasts';
import { addNote, changeNote, deleteNote, notesKey, readNotes } from '../api';
import classes from './ContactPanel.module.css';
import { Section } from './Section';

const MAX = 4000;

/** Notes about the person, and below them those of the conversations with them. */
export function NotesSection({ contactId, inTalks }: { contactId: Id; inTalks: Message[] | undefined }) {
  const { t } = useTranslation('contacts');
  const queries = useQueryClient();
  const mayWrite = useCan('contacts.edit');
  const key = notesKey(contactId);
  const [writing, setWriting] = useState<'new' | Id | null>(null);
  const [leaving, setLeaving] = useState<readonly Id[]>([]);
  const opener = useRef<HTMLButtonElement>(null);
  const found = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => readNotes(contactId, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const notes = (found.data?.pages.flatMap((page) => page.items) ?? []).filter((note) => !leaving.includes(note.id));
  const close = () => {
    setWriting(null);
    requestAnimationFrame(() => opener.current?.focus());
  };

  async function save(text: string, note: ContactNote | null): Promise<boolean> {
    try {
      await (note ? changeNote(contactId, note.id, text) : addNote(contactId, text));
      await queries.invalidateQueries({ queryKey: key });
      close();
      return true;
    } catch (error) {
      showError(error);
      return false;
    }
  }

  /** Gone from the panel at once, from the server when there is no way back any more. */
  function remove(note: ContactNote) {
    setLeaving((held) => [...held, note.id]);
    const back = () => setLeaving((held) => held.filter((id) => id !== note.id));
    const timer = setTimeout(() => {
      deleteNote(contactId, note.id)
        .then(() => queries.invalidateQueries({ queryKey: key }))
        .catch((error: unknown) => {
          back();
          showError(error);
        });
    }, UNDO_MS);
    toast(t('note.deleted'), {
      undo: () => {
        clearTimeout(timer);
        back();
      },
    });
  }

  return (
    <Section
      title={t('notes')}
      action={
        mayWrite && (
          <button
            ref={opener}
            type="button"
            data-testid="contact-note-add"
            aria-label={t('note.add')}
            data-tip={t('note.add')}
            onClick={() => setWriting('new')}
          >
            <IconPlus size={16} stroke={1.7} aria-hidden="true" />
          </button>
        )
      }
    >
      {writing === 'new' && <NoteForm label={t('note.add')} onSave={(text) => save(text, null)} onClose={close} />}
      {found.isError && !found.data && <ErrorBar onRetry={() => void found.refetch()}>{t('note.failed')}</ErrorBar>}
      {found.isSuccess && notes.length === 0 && inTalks?.length === 0 && writing !== 'new' && (
        <p className={classes.none}>{t('noNotes')}</p>
      )}
      {notes.length > 0 && (
        <ul className={classes.notes}>
          {notes.map((note) =>
            writing === note.id ? (
              <li key={note.id}>
                <NoteForm label={t('note.edit')} text={note.text} onSave={(text) => save(text, note)} onClose={close} />
              </li>
            ) : (
              <Note key={note.id} note={note} onEdit={() => setWriting(note.id)} onDelete={() => remove(note)} />
            ),
          )}
        </ul>
      )}
      {found.hasNextPage && (
        <Button size="small" look="ghost" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
          {t('files.more')}
        </Button>
      )}
      {inTalks && inTalks.length > 0 && <TalkNotes notes={inTalks} />}
    </Section>
  );
}

function Note({ note, onEdit, onDelete }: { note: ContactNote; onEdit: () => void; onDelete: () => void }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  const me = useMe();
  return (
    <li data-testid="contact-note">
      <p dir="auto">{note.text}</p>
      <div className={classes.noteFoot}>
        <span title={fullTime(note.edited_at ?? note.created_at)}>
          {note.author.name} · {listTime(note.created_at, now, t('yesterday'))}
          {note.edited_at && ` · ${t('note.edited')}`}
        </span>
        {note.author.id === me.user.id && (
          <>
            <button type="button" aria-label={t('note.edit')} data-tip={t('note.edit')} onClick={onEdit}>
              <IconPencil size={14} stroke={1.6} aria-hidden="true" />
            </button>
            <button type="button" aria-label={t('note.delete')} data-tip={t('note.delete')} onClick={onDelete}>
              <IconTrash size={14} stroke={1.6} aria-hidden="true" />
            </button>
          </>
        )}
      </div>
    </li>
  );
}

function NoteForm({
  label,
  text = '',
  onSave,
  onClose,
}: {
  label: string;
  text?: string;
  onSave: (text: string) => Promise<boolean>;
  onClose: () => void;
}) {
  const { t } = useTranslation('contacts');
  const [draft, setDraft] = useState(text);
  const [busy, setBusy] = useState(false);
  const empty = draft.trim() === '';
  const save = async () => {
    if (empty || busy) return;
    if (draft.trim() === text) return onClose();
    setBusy(true);
    if (!(await onSave(draft.trim()))) setBusy(false);
  };
  return (
    <form
      className={classes.noteForm}
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <textarea
        // biome-ignore lint/a11y/noAutofocus: it was asked for by its button
        autoFocus
        rows={3}
        dir="auto"
        maxLength={MAX}
        aria-label={label}
        value={draft}
        placeholder={t('note.placeholder')}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save();
          if (event.key === 'Escape') {
            event.stopPropagation();
            onClose();
          }
        }}
      />
      <div>
        <Button size="small" look="ghost" onClick={onClose}>
          {t('note.cancel')}
        </Button>
        <Button size="small" look="primary" type="submit" busy={busy} disabled={empty}>
          {t('note.save')}
        </Button>
      </div>
    </form>
  );
}

function TalkNotes({ notes }: { notes: Message[] }) {
  const { t } = useTranslation('contacts');
  const now = useNow(60_000);
  return (
    <>
      <h4 className={classes.sub}>{t('note.inTalks')}</h4>
      <ul className={classes.notes}>
        {notes.map((note) => (
          <li key={note.id}>
            <p dir="auto">{note.text}</p>
            <span title={fullTime(note.created_at)}>
              {note.author.name} · {listTime(note.created_at, now, t('yesterday'))}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
