import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { Button } from '@/shared/ui/Button';
import { type Choice, ChoiceList } from '@/shared/ui/ChoiceList';
import { Dialog } from '@/shared/ui/Dialog';
import { Field, inputClass } from '@/shared/ui/Field';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { TextField } from '@/shared/ui/TextField';
import { toast } from '@/shared/ui/toasts';
import { changeChannel, readTeams, TEAMS_KEY } from '../api';
import { changeOf, draftOf, letsGo, NAME_MAX, type PolicyKind, problemsOf } from '../model/settings';
import classes from './ChannelsPage.module.css';

interface Props {
  channel: Channel;
  onChanged: () => void;
  onClose: () => void;
}

/** What the number is called here, who answers it, and how long its files are kept. */
export function SettingsDialog({ channel, onChanged, onClose }: Props) {
  const { t } = useTranslation('channels');
  const [draft, setDraft] = useState(() => draftOf(channel));
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const teams = useQuery({ queryKey: TEAMS_KEY, queryFn: readTeams });
  const problems = problemsOf(draft);
  const change = (part: Partial<typeof draft>) => setDraft((held) => ({ ...held, ...part }));
  const save = useMutation({
    meta: { quiet: true },
    mutationFn: async () => {
      const wanted = changeOf(channel, draft);
      if (Object.keys(wanted).length > 0) await changeChannel(channel.id, wanted);
    },
    onSuccess: () => {
      onChanged();
      toast(t('settings.saved', { name: draft.name.trim() }));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problems.length === 0) save.mutate();
    // Once the sentences are in their places.
    else setTimeout(() => form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus(), 0);
  };
  const nameProblem = problems.includes('nameLong') ? 'nameLong' : tried && problems.includes('name') ? 'name' : null;
  const policies: Choice<PolicyKind>[] = [
    { value: 'store', label: t('policy.store'), help: t('policy.storeHelp') },
    {
      value: 'store_days',
      label: t('policy.store_days'),
      help: t('policy.store_daysHelp'),
      more: (
        <Field label={t('settings.days')} problems={problems.includes('days') ? [t('settings.problem.days')] : []}>
          {(ids) => (
            <input
              {...ids}
              className={`${inputClass} ${classes.days}`}
              name="days"
              inputMode="numeric"
              autoComplete="off"
              value={draft.days}
              onChange={(event) => change({ days: event.currentTarget.value })}
            />
          )}
        </Field>
      ),
    },
    { value: 'do_not_store', label: t('policy.do_not_store'), help: t('policy.do_not_storeHelp') },
  ];
  return (
    <Dialog title={t('settings.title', { name: channel.name })} wide onClose={onClose}>
      <form ref={form} className={classes.stack} onSubmit={submit} noValidate data-testid="channel-settings-form">
        <TextField
          label={t('settings.name')}
          help={t('settings.nameHelp')}
          name="name"
          max={NAME_MAX}
          value={draft.name}
          error={nameProblem && t(`settings.problem.${nameProblem}`)}
          autoComplete="off"
          data-first
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Field label={t('settings.team')} help={t('settings.teamHelp')} problems={teams.isError ? [sentenceOf(teams.error)] : []}>
          {(ids) => (
            <select
              {...ids}
              className={inputClass}
              name="team"
              // Until the teams are there the one that is chosen could not be shown.
              disabled={!teams.data}
              value={teams.data ? draft.teamId : ''}
              onChange={(event) => change({ teamId: event.currentTarget.value })}
            >
              <option value="">{t('settings.noTeam')}</option>
              {teams.data?.map((team) => (
                <option key={team.id} value={team.id}>
                  {team.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <ChoiceList
          legend={t('settings.policy')}
          choices={policies}
          value={draft.policy}
          onChange={(policy) => change({ policy })}
        />
        {letsGo(channel, draft) && (
          <p className={classes.caution} role="status">
            {t('settings.letsGo', { count: Number(draft.days) })}
          </p>
        )}
        {save.isError && <ErrorBar>{sentenceOf(save.error)}</ErrorBar>}
        <div className={classes.buttons}>
          <Button onClick={onClose}>{t('settings.cancel')}</Button>
          <Button look="primary" type="submit" data-testid="channel-settings-save" busy={save.isPending}>
            {t('settings.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
