import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { ChoiceList } from '@/shared/ui/ChoiceList';
import { Page, PageHeader } from '@/shared/ui/Page';
import { sentenceOf, showError } from '@/shared/ui/showError';
import { ErrorBar, SkeletonRows, useSlow } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import { changeSettings, type FirmSettings, readSettings, SETTINGS_KEY } from '../api';
import '../texts';
import classes from './SettingsPage.module.css';

type Revoked = FirmSettings['revoked_messages'];

/** What holds for the whole firm. A choice is saved when it is made. */
export function SettingsPage() {
  const { t } = useTranslation('settings');
  const queries = useQueryClient();
  const settings = useQuery({ queryKey: SETTINGS_KEY, queryFn: readSettings });
  const slow = useSlow();
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: (revoked: Revoked) => changeSettings({ revoked_messages: revoked }),
    onSuccess: (saved) => {
      queries.setQueryData(SETTINGS_KEY, saved);
      toast(t('revoked.saved'));
    },
    onError: showError,
  });
  const shown = save.isPending ? save.variables : settings.data?.revoked_messages;
  return (
    <Page width="text">
      <PageHeader title={t('title')} lead={t('lead')} />
      {settings.isPending && slow && <SkeletonRows count={2} />}
      {settings.isError && !settings.data && (
        <ErrorBar onRetry={() => void settings.refetch()}>{sentenceOf(settings.error)}</ErrorBar>
      )}
      {shown && (
        <section className={classes.section} aria-labelledby="settings-revoked">
          <h2 id="settings-revoked">{t('revoked.title')}</h2>
          <ChoiceList<Revoked>
            legend={t('revoked.legend')}
            value={shown}
            onChange={(revoked) => save.mutate(revoked)}
            choices={[
              { value: 'show', label: t('revoked.show'), help: t('revoked.showHelp') },
              { value: 'hide', label: t('revoked.hide'), help: t('revoked.hideHelp') },
            ]}
          />
        </section>
      )}
    </Page>
  );
}
