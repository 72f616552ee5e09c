import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { FIELDS_KEY, readFields } from '@/shared/api/fields';
import type { Contact } from '@/shared/api/types';
import { useCan } from '@/shared/session/session';
import { IconPencil } from '@/shared/ui/icons';
import { ErrorBar } from '@/shared/ui/states';
import { isChosen } from '../model/fieldValue';
import { useFillField } from '../model/useFillField';
import { FieldRow, prepareChoice } from './FieldRow';
import classes from './Fields.module.css';
import { Section } from './Section';

/** What the firm keeps about the person in fields of its own. Without any, only who may define them is told. */
export function FieldsSection({ contact }: { contact: Contact }) {
  const { t } = useTranslation('contacts');
  const queries = useQueryClient();
  const defined = useQuery({ queryKey: FIELDS_KEY, queryFn: readFields, staleTime: 60_000 });
  const mayEdit = useCan('contacts.edit');
  const mayDefine = useCan('contact_fields.manage');
  const fill = useFillField(contact.id);
  const [editing, setEditing] = useState<string | null>(null);
  const fields = (defined.data ?? []).filter((field) => !field.archived);

  const chosen = fields.some((field) => isChosen(field.type)) && mayEdit;
  useEffect(() => {
    if (chosen) prepareChoice();
  }, [chosen]);

  // A colleague may have defined one since: its value is here before its name.
  const unknown = Object.keys(contact.fields)
    .filter((key) => defined.data && !fields.some((field) => field.key === key))
    .join();
  const asked = useRef('');
  useEffect(() => {
    if (!unknown || asked.current === unknown) return;
    asked.current = unknown;
    void queries.invalidateQueries({ queryKey: FIELDS_KEY });
  }, [unknown, queries]);

  if (defined.isError && !defined.data)
    return (
      <Section title={t('fields.title')}>
        <ErrorBar onRetry={() => void defined.refetch()}>{t('fields.failed')}</ErrorBar>
      </Section>
    );
  if (!defined.data || (fields.length === 0 && !mayDefine)) return null;
  if (fields.length === 0)
    return (
      <Section title={t('fields.title')}>
        <p className={classes.none}>
          {t('fields.none')} <Link to="/contact-fields">{t('fields.define')}</Link>
        </p>
      </Section>
    );

  const step = (key: string, by: number) => fields[fields.findIndex((field) => field.key === key) + by]?.key ?? null;
  return (
    <Section
      title={t('fields.title')}
      action={
        mayDefine && (
          <Link to="/contact-fields" aria-label={t('fields.define')} data-tip={t('fields.define')}>
            <IconPencil size={15} stroke={1.6} aria-hidden="true" />
          </Link>
        )
      }
    >
      <dl className={classes.fields}>
        {fields.map((field) => (
          <FieldRow
            key={field.id}
            field={field}
            value={contact.fields[field.key]}
            masked={contact.masked_fields.includes(field.key)}
            editing={editing === field.key}
            readOnly={!mayEdit}
            fill={fill}
            onEdit={(open) => setEditing((held) => (open ? field.key : held === field.key ? null : held))}
            onStep={(by) => {
              const next = step(field.key, by);
              if (next) setEditing(next);
              return next !== null;
            }}
          />
        ))}
      </dl>
    </Section>
  );
}
