import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { Button } from '@/shared/ui/Button';
import { inputClass } from '@/shared/ui/Field';
import { readChannels, readUsers } from '../api';
import { type Asked, type HitType, narrowed, TYPES } from '../model/asked';
import classes from './SearchPage.module.css';

interface Props {
  asked: Asked;
  onChange: (change: Partial<Asked>) => void;
}

/** What narrows a search. */
export function Filters({ asked, onChange }: Props) {
  const { t } = useTranslation('search');
  const channels = useQuery({ queryKey: ['channels'], queryFn: readChannels }).data ?? [];
  const users = useQuery({ queryKey: ['users'], queryFn: readUsers }).data ?? [];
  const given = (value: string) => value || undefined;
  return (
    <fieldset className={classes.filters}>
      <legend className="visually-hidden">{t('filters')}</legend>
      <select
        className={inputClass}
        aria-label={t('channel')}
        value={asked.channel ?? ''}
        onChange={(event) => onChange({ channel: given(event.currentTarget.value) })}
      >
        <option value="">{t('anyChannel')}</option>
        {channels.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <select
        className={inputClass}
        aria-label={t('assignee')}
        value={asked.assignee ?? ''}
        onChange={(event) => onChange({ assignee: given(event.currentTarget.value) })}
      >
        <option value="">{t('anyAssignee')}</option>
        {users.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <select
        className={inputClass}
        aria-label={t('type')}
        value={asked.type ?? ''}
        onChange={(event) => onChange({ type: given(event.currentTarget.value) as HitType | undefined })}
      >
        <option value="">{t('anyType')}</option>
        {TYPES.map((type) => (
          <option key={type} value={type}>
            {t(`types.${type}`)}
          </option>
        ))}
      </select>
      <select
        className={inputClass}
        aria-label={t('sort')}
        value={asked.sort ?? 'newest'}
        onChange={(event) => onChange({ sort: event.currentTarget.value === 'relevance' ? 'relevance' : undefined })}
      >
        <option value="newest">{t('newest')}</option>
        <option value="relevance">{t('relevance')}</option>
      </select>
      <label className={classes.day}>
        {t('from')}
        <input
          className={inputClass}
          type="date"
          value={asked.from ?? ''}
          max={asked.to}
          onChange={(event) => onChange({ from: given(event.currentTarget.value) })}
        />
      </label>
      <label className={classes.day}>
        {t('to')}
        <input
          className={inputClass}
          type="date"
          value={asked.to ?? ''}
          min={asked.from}
          onChange={(event) => onChange({ to: given(event.currentTarget.value) })}
        />
      </label>
      {narrowed(asked) && (
        <Button
          look="ghost"
          onClick={() => onChange({ channel: undefined, assignee: undefined, type: undefined, from: undefined, to: undefined })}
        >
          {t('clear')}
        </Button>
      )}
    </fieldset>
  );
}
