import { type ChangeEvent, type KeyboardEvent, Suspense, useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContactField, FieldValue } from '@/shared/api/types';
import { IconLock, IconPencil } from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import { Phone } from '@/shared/ui/Phone';
import { toast } from '@/shared/ui/toasts';
import { draftOf, isChosen, pageAddress, parseDraft, sameValue, valueText } from '../model/fieldValue';
import type { Fill } from '../model/useFillField';
import classes from './Fields.module.css';

const choice = () => import('./FieldChoice');
const FieldChoice = lazyPart(choice);
/** Before anybody chooses: an editor that has to come first would let the keyboard wait. */
export const prepareChoice = (): void => void choice().catch(() => undefined);

interface Props {
  field: ContactField;
  value: FieldValue | undefined;
  masked: boolean;
  editing: boolean;
  readOnly: boolean;
  fill: Fill;
  onEdit: (open: boolean) => void;
  /** To the next field or the one before; false at either end. */
  onStep: (by: 1 | -1) => boolean;
}

/** One field: its name, its value, and in the value's place what changes it. */
export function FieldRow({ field, value, masked, editing, readOnly, fill, onEdit, onStep }: Props) {
  const { t } = useTranslation('contacts');
  const label = useId();
  const opener = useRef<HTMLButtonElement>(null);
  const back = useRef(false);
  const typed = useRef('');
  const keepTyped = (event: ChangeEvent<HTMLInputElement>) => {
    typed.current = event.currentTarget.value;
  };
  const words = { yes: t('fields.yes'), no: t('fields.no') };
  const shown = value === undefined ? null : valueText(field, value, words);
  useEffect(() => {
    if (!editing && back.current) opener.current?.focus();
    typed.current = '';
    back.current = false;
  }, [editing]);
  const leave = () => {
    back.current = true;
    onEdit(false);
  };

  let content = null;
  if (readOnly)
    content = shown === null ? <span className={classes.empty}>—</span> : <Value field={field} value={value} shown={shown} />;
  else if (field.type === 'boolean' && !masked)
    content = (
      <Toggle
        field={field}
        value={value}
        label={label}
        focus={editing}
        onEdit={onEdit}
        onStep={onStep}
        fill={fill}
        shown={shown}
      />
    );
  else if (editing && isChosen(field.type))
    content = (
      <Suspense
        fallback={
          // Keys that come before the list must not be taken for shortcuts, nor be lost.
          // biome-ignore lint/a11y/noAutofocus: it takes the place of the button that was pressed
          <input className={classes.input} aria-labelledby={label} autoFocus onChange={keepTyped} />
        }
      >
        <FieldChoice
          field={field}
          value={value}
          masked={masked}
          label={label}
          typed={typed.current}
          fill={fill}
          onLeave={leave}
          onStep={onStep}
        />
      </Suspense>
    );
  else if (editing)
    content = (
      <TypedValue
        field={field}
        value={value}
        masked={masked}
        label={label}
        fill={fill}
        onLeave={leave}
        onEdit={onEdit}
        onStep={onStep}
      />
    );
  else {
    const page = field.type === 'url' && !masked ? pageAddress(value) : null;
    content = page ? (
      <span className={classes.linked}>
        <a href={page} target="_blank" rel="noopener noreferrer nofollow" dir="ltr">
          {page.replace(/^https?:\/\//i, '')}
        </a>
        <button ref={opener} type="button" aria-label={t('fields.change', { label: field.label })} onClick={() => onEdit(true)}>
          <IconPencil size={14} stroke={1.6} aria-hidden="true" />
        </button>
      </span>
    ) : (
      <button
        ref={opener}
        type="button"
        className={classes.value}
        data-empty={shown === null || undefined}
        aria-label={
          shown === null ? t('fields.addTo', { label: field.label }) : t('fields.edit', { label: field.label, value: shown })
        }
        onClick={() => onEdit(true)}
      >
        {shown === null ? t('fields.add') : <Value field={field} value={value} shown={shown} />}
        {masked && <IconLock size={13} stroke={1.7} aria-hidden="true" />}
      </button>
    );
  }
  return (
    <div className={classes.row} data-testid="contact-field" data-key={field.key}>
      <dt id={label} dir="auto">
        {field.label}
      </dt>
      <dd>{content}</dd>
    </div>
  );
}

function Value({ field, value, shown }: { field: ContactField; value: FieldValue | undefined; shown: string }) {
  if (field.type === 'phone' && typeof value === 'string') return <Phone value={value} />;
  return <span dir="auto">{shown}</span>;
}

interface Editor {
  field: ContactField;
  value: FieldValue | undefined;
  label: string;
  fill: Fill;
  onStep: Props['onStep'];
}

const MODES = { number: 'decimal', date: 'numeric', phone: 'tel', email: 'email', url: 'url' } as const;

/** Enter saves, Escape does not, Tab saves and goes to the next field. A value that is none stays to be put right. */
function TypedValue({
  field,
  value,
  masked,
  label,
  fill,
  onLeave,
  onEdit,
  onStep,
}: Editor & { masked: boolean; onLeave: () => void; onEdit: (open: boolean) => void }) {
  const { t } = useTranslation('contacts');
  const { type } = field;
  // What a colleague writes meanwhile must not count as seen.
  const [was] = useState(value);
  const [draft, setDraft] = useState(() => draftOf(field, value, masked));
  const [wrong, setWrong] = useState<string | null>(null);
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  const done = useRef(false);
  const problem = useId();
  useEffect(() => input.current?.select(), []);

  /** Saves and goes on. What only the server can judge is waited for; a text that is no value stays to be put right. */
  const commit = async (goOn: () => void) => {
    if (done.current) return;
    const wanted = parseDraft(type, draft);
    if (wanted === undefined) {
      setWrong(type === 'text' ? 'too_long' : 'wrong_format');
      return;
    }
    done.current = true;
    // Nothing typed over a mask is no wish to empty it.
    if ((masked && wanted === null) || sameValue(wanted, was)) return goOn();
    if (!CHECKED.has(type)) goOn();
    const code = await fill(field, wanted, was);
    if (!CHECKED.has(type)) {
      if (code) toast(wrongText(t, type, code), { tone: 'error' });
    } else if (code) {
      done.current = false;
      setWrong(code);
      input.current?.focus();
    } else goOn();
  };

  const handlers = {
    ref: input,
    className: classes.input,
    value: draft,
    dir: 'auto' as const,
    'aria-labelledby': label,
    'aria-invalid': wrong !== null || undefined,
    'aria-describedby': wrong ? problem : undefined,
    placeholder: masked ? t('fields.newValue') : type === 'date' ? t('fields.dateShape') : undefined,
    onChange: (event: { currentTarget: { value: string } }) => {
      setDraft(event.currentTarget.value);
      setWrong(null);
    },
    onBlur: () => void commit(() => onEdit(false)),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.nativeEvent.isComposing) return;
      if (event.key === 'Enter' && !event.shiftKey) {
        event.preventDefault();
        void commit(onLeave);
      } else if (event.key === 'Escape') {
        event.preventDefault();
        event.stopPropagation();
        done.current = true;
        onLeave();
      } else if (event.key === 'Tab') {
        event.preventDefault();
        const by = event.shiftKey ? -1 : 1;
        void commit(() => onStep(by) || onLeave());
      }
    },
  };
  return (
    <>
      {type === 'text' ? (
        <textarea {...handlers} rows={Math.min(6, Math.max(1, Math.ceil(draft.length / 28)))} />
      ) : (
        <input {...handlers} inputMode={type in MODES ? MODES[type as keyof typeof MODES] : undefined} autoComplete="off" />
      )}
      {wrong && (
        <p id={problem} className={classes.wrong} role="alert">
          {wrongText(t, type, wrong)}
        </p>
      )}
    </>
  );
}

/** Only the server knows whether these are right: the editor waits for its word. */
const CHECKED: ReadonlySet<string> = new Set(['phone', 'email', 'url']);

function wrongText(t: ReturnType<typeof useTranslation<'contacts'>>['t'], type: ContactField['type'], code: string): string {
  if (code === 'too_long') return t('fields.wrong.long');
  if (code === 'not_found') return t('fields.wrong.gone');
  if (code === 'wrong_format' || code === 'out_of_range') {
    if (type === 'number' || type === 'date' || type === 'phone' || type === 'email' || type === 'url')
      return t(`fields.wrong.${type}`);
  }
  return t('fields.wrong.other');
}

function Toggle({
  field,
  value,
  label,
  focus,
  shown,
  fill,
  onEdit,
  onStep,
}: Editor & { focus: boolean; shown: string | null; onEdit: (open: boolean) => void }) {
  const { t } = useTranslation('contacts');
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (focus) button.current?.focus();
  }, [focus]);
  return (
    <span className={classes.toggle}>
      <button
        ref={button}
        type="button"
        role="switch"
        aria-checked={value === true}
        aria-labelledby={label}
        onBlur={() => onEdit(false)}
        onKeyDown={(event) => {
          if (event.key === 'Tab' && focus && onStep(event.shiftKey ? -1 : 1)) event.preventDefault();
        }}
        onClick={() => void fill(field, value !== true, value)}
      />
      <span data-empty={shown === null || undefined}>{shown ?? t('fields.unknown')}</span>
    </span>
  );
}
