import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { archiveField, changeField, FIELDS_KEY, orderFields, readFields } from '@/shared/api/fields';
import type { ContactField, Id } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Chip } from '@/shared/ui/Chip';
import { IconButton } from '@/shared/ui/IconButton';
import { IconArchive, IconGripVertical, IconListDetails, IconLock, IconPencil, IconPlus } from '@/shared/ui/icons';
import { sentenceOf, showError } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import '../fieldTexts';
import { moved } from '../model/fieldDraft';
import FieldEditor from './FieldEditor';
import classes from './FieldsPage.module.css';

/** Many steps of the arrow keys are one change. */
const ORDER_AFTER_MS = 400;

/** The fields that the firm keeps about people: defined, ordered, archived and brought back. */
export function FieldsPage() {
  const { t } = useTranslation('fields');
  const queries = useQueryClient();
  const fields = useQuery({ queryKey: FIELDS_KEY, queryFn: readFields });
  const slow = useSlow();
  const [edited, setEdited] = useState<ContactField | 'new' | null>(null);
  const used = (fields.data ?? []).filter((field) => !field.archived);
  const archived = (fields.data ?? []).filter((field) => field.archived);
  const order = useOrder(used);
  const again = () => queries.invalidateQueries({ queryKey: FIELDS_KEY });

  /** On the server at once: nothing of it is lost, so the way back is the way back from the archive. */
  async function setArchived(field: ContactField, archive: boolean) {
    queries.setQueryData<ContactField[]>(FIELDS_KEY, (held) =>
      held?.map((one) => (one.id === field.id ? { ...one, archived: archive } : one)),
    );
    try {
      await (archive ? archiveField(field.id) : changeField(field.id, { archived: false }));
      if (archive) toast(t('archived', { label: field.label }), { undo: () => void setArchived(field, false) });
      else toast(t('restored', { label: field.label }));
    } catch (error) {
      showError(error);
    }
    await again();
  }

  return (
    <main className={classes.page}>
      <header className={classes.header}>
        <div>
          <h1>{t('title')}</h1>
          <p>{t('lead')}</p>
        </div>
        <Button
          look="primary"
          icon={<IconPlus size={16} stroke={1.8} aria-hidden="true" />}
          data-testid="field-new"
          onClick={() => setEdited('new')}
        >
          {t('new')}
        </Button>
      </header>
      {fields.isPending && slow && <SkeletonRows count={6} />}
      {fields.isError && !fields.data && (
        <ErrorBar onRetry={() => void fields.refetch()}>{`${t('failed')} ${sentenceOf(fields.error)}`}</ErrorBar>
      )}
      {fields.isSuccess && used.length === 0 && (
        <Empty icon={<IconListDetails size={28} stroke={1.3} aria-hidden="true" />} title={t('empty')} text={t('emptyText')} />
      )}
      {used.length > 0 && (
        <>
          <p className={classes.count}>{t('limit', { count: used.length })}</p>
          <ul className={classes.list} aria-label={t('list')}>
            {order.shown.map((field, at) => (
              <Row
                key={field.id}
                field={field}
                onEdit={() => setEdited(field)}
                onArchive={() => void setArchived(field, true)}
                onMove={(by) => order.move(at, at + by)}
                onDrag={(over) => order.move(at, order.indexOf(over), true)}
                onDrop={order.keep}
              />
            ))}
          </ul>
          <p className="visually-hidden" aria-live="polite">
            {order.said && t('moved', order.said)}
          </p>
        </>
      )}
      {archived.length > 0 && (
        <section className={classes.archive} aria-label={t('archivedTitle')}>
          <h2>{t('archivedTitle')}</h2>
          <ul className={classes.list}>
            {archived.map((field) => (
              <li key={field.id} className={classes.row} data-testid="field-archived">
                <Words field={field} />
                <Button
                  size="small"
                  aria-label={t('restoreOf', { label: field.label })}
                  onClick={() => void setArchived(field, false)}
                >
                  {t('restore')}
                </Button>
              </li>
            ))}
          </ul>
        </section>
      )}
      {edited !== null && (
        <FieldEditor field={edited === 'new' ? null : edited} onSaved={() => void again()} onClose={() => setEdited(null)} />
      )}
    </main>
  );
}

/** The order as it is being made: shown at once, sent when nothing moves any more, the server's again if it refuses. */
function useOrder(fields: ContactField[]) {
  const queries = useQueryClient();
  const [ids, setIds] = useState<Id[] | null>(null);
  const [said, setSaid] = useState<{ label: string; place: number } | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const latest = useRef<Id[] | null>(null);
  const shown = ids
    ? [...fields].sort((one, other) => (ids.indexOf(one.id) + 1 || 1e3) - (ids.indexOf(other.id) + 1 || 1e3))
    : fields;
  const keep = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const wanted = latest.current;
    if (!wanted) return;
    latest.current = null;
    orderFields(wanted)
      .then((saved) => queries.setQueryData(FIELDS_KEY, saved))
      .catch(showError)
      .finally(() => {
        if (!latest.current) setIds(null);
      });
  };
  // Leaving the page must not lose what was moved last.
  const keepLast = useRef(keep);
  keepLast.current = keep;
  useEffect(() => () => keepLast.current(), []);
  return {
    shown,
    said,
    keep,
    indexOf: (id: Id) => shown.findIndex((field) => field.id === id),
    /** `held`: by the pointer, which says itself when it is done. */
    move: (from: number, to: number, held = false) => {
      const field = shown[from];
      if (!field || from === to || to < 0 || to >= shown.length) return;
      const next = moved(shown, from, to).map((one) => one.id);
      latest.current = next;
      setIds(next);
      setSaid({ label: field.label, place: to + 1 });
      clearTimeout(timer.current);
      if (!held) timer.current = setTimeout(keep, ORDER_AFTER_MS);
    },
  };
}

function Words({ field }: { field: ContactField }) {
  const { t } = useTranslation('fields');
  const options = field.options.filter((option) => !option.archived);
  return (
    <div className={classes.words}>
      <p className={classes.name}>
        <strong dir="auto">{field.label}</strong>
        <Chip>{t(`type.${field.type}`)}</Chip>
        {field.personal && (
          <Chip tone="amber" icon={<IconLock size={12} stroke={1.8} aria-hidden="true" />}>
            {t('personal')}
          </Chip>
        )}
      </p>
      <p className={classes.more}>
        <bdi dir="ltr">{field.key}</bdi>
        {options.length > 0 &&
          ` · ${t('options', { count: options.length })}: ${options.map((option) => option.label).join(', ')}`}
      </p>
    </div>
  );
}

interface RowProps {
  field: ContactField;
  onEdit: () => void;
  onArchive: () => void;
  onMove: (by: 1 | -1) => void;
  /** The row is held over that one. */
  onDrag: (over: Id) => void;
  onDrop: () => void;
}

function Row({ field, onEdit, onArchive, onMove, onDrag, onDrop }: RowProps) {
  const { t } = useTranslation('fields');
  const [held, setHeld] = useState(false);
  const latest = useRef({ onDrag, onDrop });
  latest.current = { onDrag, onDrop };
  // By the window: the row itself moves, and what moves in the page loses the pointer.
  useEffect(() => {
    if (!held) return;
    const move = (event: PointerEvent) => {
      const over = document.elementFromPoint(event.clientX, event.clientY)?.closest<HTMLElement>('[data-field]')?.dataset.field;
      if (over && over !== field.id) latest.current.onDrag(over);
    };
    const end = () => {
      setHeld(false);
      latest.current.onDrop();
    };
    addEventListener('pointermove', move);
    addEventListener('pointerup', end);
    addEventListener('pointercancel', end);
    return () => {
      removeEventListener('pointermove', move);
      removeEventListener('pointerup', end);
      removeEventListener('pointercancel', end);
    };
  }, [held, field.id]);
  return (
    <li className={classes.row} data-testid="field-row" data-field={field.id} data-held={held || undefined}>
      <button
        type="button"
        className={classes.handle}
        aria-label={t('move', { label: field.label })}
        data-tip={t('moveHelp')}
        onPointerDown={(event) => {
          if (event.button === 0) setHeld(true);
        }}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : null;
          if (!by) return;
          event.preventDefault();
          onMove(by);
        }}
      >
        <IconGripVertical size={16} stroke={1.6} aria-hidden="true" />
      </button>
      <Words field={field} />
      <IconButton label={t('edit', { label: field.label })} onClick={onEdit}>
        <IconPencil size={18} stroke={1.5} aria-hidden="true" />
      </IconButton>
      <IconButton label={t('archive', { label: field.label })} onClick={onArchive}>
        <IconArchive size={18} stroke={1.5} aria-hidden="true" />
      </IconButton>
    </li>
  );
}
