import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { changeField, createField } from '@/shared/api/fields';
import type { ContactField, FieldValue } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import { Field, inputClass } from '@/shared/ui/Field';
import { IconButton } from '@/shared/ui/IconButton';
import { IconChevronDown, IconChevronUp, IconPlus, IconX } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { TextField } from '@/shared/ui/TextField';
import { toast } from '@/shared/ui/toasts';
import { bodyOf, draftOfField, FIELD_TYPES, type FieldDraft, LABEL_MAX, moved, newOption, problemsOf } from '../model/fieldDraft';
import { isChosen } from '../model/fieldValue';
import '../texts';
import { FieldRow } from './FieldRow';
import classes from './FieldsPage.module.css';

interface Props {
  /** Null: a new one. */
  field: ContactField | null;
  onSaved: () => void;
  onClose: () => void;
}

/** Name, options and privacy of a field, beside how it will look on the contact panel. */
export default function FieldEditor({ field, onSaved, onClose }: Props) {
  const { t } = useTranslation('fields');
  const [draft, setDraft] = useState<FieldDraft>(() => draftOfField(field));
  const [tried, setTried] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);
  const change = (part: Partial<FieldDraft>) => setDraft((held) => ({ ...held, ...part }));
  const problems = problemsOf(draft);
  const errorOf = (place: string | number) => {
    const problem = problems.get(place);
    return problem && (tried || problem === 'repeated' || problem === 'tooLong') ? t(`editor.${problem}`) : null;
  };
  const save = useMutation({
    mutationFn: () => {
      const { type: _, ...rest } = bodyOf(draft);
      return field ? changeField(field.id, rest) : createField(bodyOf(draft));
    },
    onSuccess: (saved) => {
      onSaved();
      toast(t('saved', { label: saved.label }));
      onClose();
    },
  });
  const always = draft.type === 'phone' || draft.type === 'email';
  return (
    <Dialog title={field ? t('editor.change') : t('editor.new')} wide onClose={onClose}>
      <form
        className={classes.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (problems.size === 0) save.mutate();
        }}
      >
        <div className={classes.pair}>
          <TextField
            ref={first}
            label={t('editor.label')}
            name="label"
            value={draft.label}
            max={LABEL_MAX}
            error={errorOf('label')}
            onChange={(event) => change({ label: event.currentTarget.value })}
          />
          <Field label={t('editor.type')} help={field ? t('editor.typeFixed') : undefined}>
            {(ids) => (
              <select
                {...ids}
                className={inputClass}
                name="type"
                value={draft.type}
                disabled={field !== null}
                onChange={(event) => change({ type: event.currentTarget.value as FieldDraft['type'] })}
              >
                {FIELD_TYPES.map((type) => (
                  <option key={type} value={type}>
                    {t(`type.${type}`)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </div>
        {isChosen(draft.type) && (
          <Options draft={draft} isNew={field === null} errorOf={errorOf} onChange={(options) => change({ options })} />
        )}
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={draft.personal || always}
            disabled={always}
            onChange={(event) => change({ personal: event.currentTarget.checked })}
          />
          <span>
            {t('editor.personal')}
            <span>{always ? t('editor.alwaysPersonal') : t('editor.personalHelp')}</span>
          </span>
        </label>
        <Preview draft={draft} field={field} />
        {save.isError && (
          <p className={classes.wrong} role="alert">
            {sentenceOf(save.error)}
          </p>
        )}
        <footer className={classes.actions}>
          <Button look="ghost" onClick={onClose}>
            {t('editor.cancel')}
          </Button>
          <Button type="submit" look="primary" busy={save.isPending} data-testid="field-save">
            {t('editor.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

interface OptionsProps {
  draft: FieldDraft;
  isNew: boolean;
  errorOf: (place: string | number) => string | null;
  onChange: (options: FieldDraft['options']) => void;
}

/** Enter goes on to the next option, and makes one behind the last. */
function Options({ draft, isNew, errorOf, onChange }: OptionsProps) {
  const { t } = useTranslation('fields');
  const { options } = draft;
  const inputs = useRef(new Map<number, HTMLInputElement>());
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current !== null) inputs.current.get(wanted.current)?.focus();
    wanted.current = null;
  });
  const add = () => {
    const made = newOption();
    wanted.current = made.row;
    onChange([...options, made]);
  };
  return (
    <fieldset className={classes.options}>
      <legend>{t('editor.options')}</legend>
      {options.map((option, at) => {
        const error = errorOf(option.row);
        const name = option.label || t('editor.option', { n: at + 1 });
        return (
          <div key={option.row} className={classes.option}>
            <input
              ref={(input) => {
                if (input) inputs.current.set(option.row, input);
                return () => void inputs.current.delete(option.row);
              }}
              className={inputClass}
              dir="auto"
              value={option.label}
              aria-label={t('editor.option', { n: at + 1 })}
              aria-invalid={error !== null || undefined}
              aria-describedby={error ? `option-${option.row}-wrong` : undefined}
              placeholder={t('editor.option', { n: at + 1 })}
              onChange={(event) => {
                const label = event.currentTarget.value;
                onChange(options.map((one) => (one.row === option.row ? { ...one, label } : one)));
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
                event.preventDefault();
                const next = options[at + 1];
                if (next) inputs.current.get(next.row)?.focus();
                else if (option.label.trim()) add();
              }}
            />
            <IconButton
              label={t('editor.up', { label: name })}
              disabled={at === 0}
              onClick={() => onChange(moved(options, at, at - 1))}
            >
              <IconChevronUp size={16} stroke={1.6} aria-hidden="true" />
            </IconButton>
            <IconButton
              label={t('editor.down', { label: name })}
              disabled={at === options.length - 1}
              onClick={() => onChange(moved(options, at, at + 1))}
            >
              <IconChevronDown size={16} stroke={1.6} aria-hidden="true" />
            </IconButton>
            <IconButton
              label={t('editor.removeOption', { label: name })}
              onClick={() => onChange(options.filter((one) => one.row !== option.row))}
            >
              <IconX size={16} stroke={1.6} aria-hidden="true" />
            </IconButton>
            {error && (
              <p id={`option-${option.row}-wrong`} className={classes.wrong}>
                {error}
              </p>
            )}
          </div>
        );
      })}
      {errorOf('options') && (
        <p className={classes.wrong} role="alert">
          {errorOf('options')}
        </p>
      )}
      <Button size="small" icon={<IconPlus size={14} stroke={1.8} aria-hidden="true" />} onClick={add}>
        {t('editor.addOption')}
      </Button>
      {!isNew && <p className={classes.help}>{t('editor.keptOption')}</p>}
    </fieldset>
  );
}

const nothing = () => Promise.resolve(null);

/** The row of the contact panel itself, filled with an example. */
function Preview({ draft, field }: { draft: FieldDraft; field: ContactField | null }) {
  const { t } = useTranslation('fields');
  const options = bodyOf(draft).options?.map((option, at) => ({ ...option, id: option.id ?? `new-${at}` })) ?? [];
  const shown: ContactField = {
    id: field?.id ?? 'preview',
    key: field?.key ?? 'preview',
    label: draft.label.trim() || t('editor.label'),
    type: draft.type,
    options,
    personal: draft.personal,
    archived: false,
  };
  return (
    <div className={classes.preview}>
      <p>{t('editor.preview')}</p>
      <dl>
        <FieldRow
          field={shown}
          value={example(shown, (type) => t(`sample.${type}`))}
          masked={false}
          editing={false}
          readOnly
          fill={nothing}
          onEdit={() => undefined}
          onStep={() => false}
        />
      </dl>
    </div>
  );
}

function example(field: ContactField, words: (type: 'text' | 'phone' | 'email' | 'url') => string): FieldValue | undefined {
  switch (field.type) {
    case 'number':
      return 60_000;
    case 'date':
      return '1990-03-05';
    case 'boolean':
      return true;
    case 'select':
      return field.options[0]?.id;
    case 'multi_select':
      return field.options.length > 0 ? field.options.slice(0, 2).map((option) => option.id) : undefined;
    default:
      return words(field.type);
  }
}
