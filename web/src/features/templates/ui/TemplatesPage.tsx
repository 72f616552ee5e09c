import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { useNow } from '@/shared/format/now';
import { useCan } from '@/shared/session/session';
import { Button } from '@/shared/ui/Button';
import { inputClass } from '@/shared/ui/Field';
import { IconPlus, IconRefresh, IconSearch, IconTemplate, IconX } from '@/shared/ui/icons';
import { Page, PageHeader, rowsClass } from '@/shared/ui/Page';
import { SearchField } from '@/shared/ui/SearchField';
import { sentenceOf } from '@/shared/ui/showError';
import { Empty, ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import { syncTemplates, type Template } from '../api';
import { CATEGORIES } from '../model/draft';
import { TEMPLATES_KEY, useChannels, useTemplates } from '../model/queries';
import { matches } from '../model/search';
import { type StateName, stateOf } from '../model/states';
import '../texts';
import { linkClass } from './link';
import { TemplateRow } from './TemplateRow';
import classes from './TemplatesPage.module.css';
import { useWords } from './words';

export interface TemplateFilter {
  q?: string;
  status?: StateName;
  category?: string;
  language?: string;
}

interface Props {
  filter: TemplateFilter;
  onFilter: (filter: TemplateFilter) => void;
}

const fits = (template: Template, { q, status, category, language }: TemplateFilter): boolean =>
  (status ? stateOf(template.status) === status : stateOf(template.status) !== 'deleted') &&
  (!category || template.category === category) &&
  (!language || template.language === language) &&
  (!q || matches(template, q));

/** All templates of the firm: what each says, whether it may be sent, and why not. */
export function TemplatesPage({ filter, onFilter }: Props) {
  const { t } = useTranslation('templates');
  const manages = useCan('templates.manage');
  const templates = useTemplates(null);
  const now = useNow(60_000);
  const slow = useSlow();
  const all = templates.data;
  const found = useMemo(() => (all ?? []).filter((one) => fits(one, filter)), [all, filter]);
  const filtered = Object.values(filter).some(Boolean);
  const any = (all ?? []).some((one) => stateOf(one.status) !== 'deleted');
  return (
    <Page>
      <PageHeader
        title={t('page.title')}
        lead={t('page.lead')}
        actions={
          manages && (
            <>
              <Sync />
              <Link to="/templates/new" className={linkClass('primary')}>
                <IconPlus size={16} stroke={1.8} aria-hidden="true" />
                {t('page.new')}
              </Link>
            </>
          )
        }
      />
      {any && <Filters all={all ?? []} filter={filter} onFilter={onFilter} />}
      {templates.isPending && slow && <SkeletonRows count={6} />}
      {templates.isError && !all && <ErrorBar onRetry={() => void templates.refetch()}>{sentenceOf(templates.error)}</ErrorBar>}
      {templates.isSuccess && !any && !filtered && (
        <Empty
          icon={<IconTemplate size={28} stroke={1.3} aria-hidden="true" />}
          title={t('page.empty')}
          text={manages ? t('page.emptyText') : t('picker.emptyAsk')}
        />
      )}
      {templates.isSuccess && found.length === 0 && (any || filtered) && (
        <Empty
          icon={<IconSearch size={26} stroke={1.4} aria-hidden="true" />}
          title={t('page.none')}
          text={t('page.noneText')}
          action={<Button onClick={() => onFilter({})}>{t('page.clear')}</Button>}
        />
      )}
      {found.length > 0 && (
        <>
          <p className="visually-hidden" role="status">
            {t('page.count', { count: found.length })}
          </p>
          <ul className={rowsClass} aria-label={t('page.title')}>
            {found.map((template) => (
              <TemplateRow key={template.id} template={template} now={now} />
            ))}
          </ul>
        </>
      )}
    </Page>
  );
}

/** Every account's list is read by itself four times a day; this reads it at once. */
function Sync() {
  const { t } = useTranslation('templates');
  const queries = useQueryClient();
  const channels = useChannels();
  const owning = (channels.data ?? []).filter(
    (channel) => channel.capabilities.templates && channel.status !== 'reconnect_needed',
  );
  const sync = useMutation({
    mutationFn: async () => {
      let count = 0;
      for (const channel of owning) count = Math.max(count, (await syncTemplates(channel.id)).count);
      return count;
    },
    onSuccess: (count) => toast(t('sync.done', { count })),
    onSettled: () => queries.invalidateQueries({ queryKey: TEMPLATES_KEY }),
  });
  return (
    <Button
      busy={sync.isPending}
      disabled={owning.length === 0}
      data-tip={channels.isSuccess && owning.length === 0 ? t('sync.nowhere') : t('sync.tip')}
      icon={<IconRefresh size={16} stroke={1.6} aria-hidden="true" />}
      onClick={() => sync.mutate()}
    >
      {sync.isPending ? t('sync.running') : t('sync.now')}
    </Button>
  );
}

function Filters({ all, filter, onFilter }: Props & { all: Template[] }) {
  const { t } = useTranslation('templates');
  const words = useWords();
  const states = [...new Set(all.map((one) => stateOf(one.status)).filter((state) => state !== null))];
  const languages = [...new Set(all.map((one) => one.language))];
  const set = (change: TemplateFilter) => onFilter({ ...filter, ...change });
  return (
    <div className={classes.filters} role="search" aria-label={t('page.filters')}>
      <SearchField
        className={classes.search}
        label={t('picker.search')}
        data-testid="templates-search"
        value={filter.q ?? ''}
        onChange={(event) => set({ q: event.currentTarget.value })}
      />
      <select
        className={inputClass}
        aria-label={t('page.byStatus')}
        data-testid="templates-status"
        value={filter.status ?? ''}
        onChange={(event) => set({ status: event.currentTarget.value as StateName })}
      >
        <option value="">{t('page.anyStatus')}</option>
        {states.map((state) => (
          <option key={state} value={state}>
            {t(`status.${state}`)}
          </option>
        ))}
      </select>
      <select
        className={inputClass}
        aria-label={t('page.byCategory')}
        value={filter.category ?? ''}
        onChange={(event) => set({ category: event.currentTarget.value })}
      >
        <option value="">{t('page.anyCategory')}</option>
        {CATEGORIES.map((category) => (
          <option key={category} value={category}>
            {words.category(category)}
          </option>
        ))}
      </select>
      <select
        className={inputClass}
        aria-label={t('page.byLanguage')}
        value={filter.language ?? ''}
        onChange={(event) => set({ language: event.currentTarget.value })}
      >
        <option value="">{t('page.anyLanguage')}</option>
        {languages.map((code) => (
          <option key={code} value={code}>
            {words.language(code)}
          </option>
        ))}
      </select>
      {Object.values(filter).some(Boolean) && (
        <Button look="ghost" icon={<IconX size={15} stroke={1.6} aria-hidden="true" />} onClick={() => onFilter({})}>
          {t('page.clear')}
        </Button>
      )}
    </div>
  );
}
