import { useMutation, useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { Channel } from '@/shared/api/types';
import { useNow } from '@/shared/format/now';
import { fullTime, listTime, shortDate } from '@/shared/format/time';
import { Button } from '@/shared/ui/Button';
import { ChannelMark } from '@/shared/ui/ChannelMark';
import { Chip, type Tone } from '@/shared/ui/Chip';
import { IconAlertTriangle, IconCircleCheck, IconHourglass, IconRefresh, IconX } from '@/shared/ui/icons';
import { sentenceOf } from '@/shared/ui/showError';
import { ErrorBar } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toasts';
import { CHANNELS_KEY, type Health, readHealth, readTeams, resumeChannel, TEAMS_KEY } from '../api';
import classes from './ChannelsPage.module.css';

const LOOK_EVERY_MS = 30_000;

interface Props {
  channel: Channel;
  onChanged: () => void;
  onSettings: () => void;
  onCheck: () => void;
  onReconnect: () => void;
  onDisconnect: () => void;
}

export function ChannelCard({ channel, onChanged, onSettings, onCheck, onReconnect, onDisconnect }: Props) {
  const { t } = useTranslation('channels');
  const now = useNow();
  const health = useQuery({
    queryKey: [...CHANNELS_KEY, 'health', channel.id],
    queryFn: () => readHealth(channel.id),
    refetchInterval: LOOK_EVERY_MS,
  });
  const teams = useQuery({ queryKey: TEAMS_KEY, queryFn: readTeams });
  const resume = useMutation({
    mutationFn: () => resumeChannel(channel.id),
    onSuccess: () => {
      onChanged();
      toast(t('card.resumed', { name: channel.name }));
    },
  });
  const team = channel.team_id === null ? t('card.noTeam') : teams.data?.find((one) => one.id === channel.team_id)?.name;
  const known = health.data;
  const state = stateOf(channel, known);
  const broken = state === 'reconnect' || state === 'disconnected';
  return (
    <li className={classes.card} data-testid="channel-card" data-state={state}>
      <ChannelMark kind={channel.kind} size={36} />
      <div className={classes.who}>
        <h2>{channel.name}</h2>
        <p>
          {t('card.cloud')}
          {channel.address && (
            <>
              {' · '}
              <bdi dir="ltr">{channel.address}</bdi>
            </>
          )}
        </p>
        <p>
          {[team, t(`policy.short.${channel.media_policy.kind}`, { count: channel.media_policy.days ?? 0 })]
            .filter(Boolean)
            .join(' · ')}
        </p>
      </div>
      <div className={classes.state}>
        <p className={classes.first}>
          <Chip tone={TONES[state]} icon={<StateIcon state={state} />}>
            {t(`state.${state}`)}
          </Chip>
          {known?.last_inbound_at && (
            <time dateTime={known.last_inbound_at} data-tip={fullTime(known.last_inbound_at)}>
              {t('card.lastInbound', { at: listTime(known.last_inbound_at, now, t('card.yesterday')) })}
            </time>
          )}
        </p>
        {health.isError && !known && <ErrorBar onRetry={() => void health.refetch()}>{sentenceOf(health.error)}</ErrorBar>}
        {known && <Facts health={known} reason={channel.status_reason} t={t} />}
      </div>
      <div className={classes.actions}>
        {state === 'paused' && (
          <Button size="small" data-testid="resume-channel" busy={resume.isPending} onClick={() => resume.mutate()}>
            {t('card.resume')}
          </Button>
        )}
        <Button
          size="small"
          data-testid="check-channel"
          icon={<IconRefresh size={14} stroke={1.6} aria-hidden="true" />}
          onClick={onCheck}
        >
          {t('card.check')}
        </Button>
        <Button
          size="small"
          look="ghost"
          data-testid="channel-settings"
          aria-label={t('card.settingsOf', { name: channel.name })}
          onClick={onSettings}
        >
          {t('card.settings')}
        </Button>
        {broken ? (
          <Button size="small" look="danger" data-testid="reconnect-channel" onClick={onReconnect}>
            {t('card.reconnect')}
          </Button>
        ) : (
          <>
            <Button size="small" look="ghost" data-testid="reconnect-channel" onClick={onReconnect}>
              {t('card.newToken')}
            </Button>
            <Button size="small" look="ghost" data-testid="disconnect-channel" onClick={onDisconnect}>
              {t('card.disconnect')}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}

const FAILURES = [
  'account_refused',
  'channel_reconnect_needed',
  'channel_stopped',
  'marketing_limited',
  'marketing_stopped',
  'media_gone',
  'media_refused',
  'media_too_large',
  'media_unavailable',
  'provider_error',
  'provider_rejected',
  'provider_throttled',
  'provider_unavailable',
  'recipient_throttled',
  'recipient_unreachable',
  'settled_failed',
  'template_paused',
  'template_refused',
  'unsupported_content',
  'window_closed',
] as const;

function failureText(code: string, t: TFunction<'channels'>): string {
  const known = FAILURES.find((one) => one === code);
  return known ? t(`failure.${known}`) : t('failure.other', { code });
}

type State = 'unknown' | 'healthy' | 'warning' | 'reconnect' | 'disconnected' | 'paused';
const TONES: Record<State, Tone> = {
  unknown: 'neutral',
  healthy: 'green',
  warning: 'amber',
  reconnect: 'red',
  disconnected: 'neutral',
  paused: 'amber',
};

function stateOf(channel: Channel, health: Health | undefined): State {
  if (health?.disconnected) return 'disconnected';
  if (channel.status === 'reconnect_needed') return 'reconnect';
  if (channel.status === 'paused') return 'paused';
  if (!health) return 'unknown';
  const wrong =
    health.hops.some((hop) => hop.state !== 'ok') ||
    health.provider_trouble?.paused ||
    health.quality === 'RED' ||
    health.quality === 'YELLOW';
  return wrong ? 'warning' : 'healthy';
}

function StateIcon({ state }: { state: State }) {
  const Icon =
    state === 'healthy'
      ? IconCircleCheck
      : state === 'unknown'
        ? IconHourglass
        : state === 'disconnected'
          ? IconX
          : IconAlertTriangle;
  return <Icon size={13} stroke={1.8} aria-hidden="true" />;
}

const QUALITIES = ['GREEN', 'YELLOW', 'RED'] as const;

function Facts({ health, reason, t }: { health: Health; reason: string | null; t: TFunction<'channels'> }) {
  const quality = QUALITIES.find((one) => one === health.quality);
  const failed = health.errors.reduce((sum, one) => sum + one.count, 0);
  const lines = [
    quality && t(`quality.${quality}`),
    health.messaging_limit && t('card.limit', { limit: health.messaging_limit.replace('TIER_', '') }),
    health.token_expires_at && t('card.tokenUntil', { on: shortDate(health.token_expires_at) }),
    health.quarantined > 0 && t('card.quarantined', { count: health.quarantined }),
  ].filter(Boolean);
  const wrong = health.hops.filter((hop) => hop.state !== 'ok');
  return (
    <>
      {lines.length > 0 && <p>{lines.join(' · ')}</p>}
      {health.provider_trouble?.paused && <p className={classes.wrong}>{t('card.providerDown')}</p>}
      {failed > 0 && (
        <div className={classes.wrong}>
          <p>{t('card.failed', { count: failed })}</p>
          <ul className={classes.reasons}>
            {health.errors.map((one) => (
              <li key={one.code}>
                <strong>{one.count}</strong> <span>{failureText(one.code, t)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {wrong.map((hop) => (
        <p key={hop.hop} className={classes.wrong}>
          {hop.message} {hop.advice}
        </p>
      ))}
      {wrong.length === 0 && reason && !health.disconnected && <p className={classes.wrong}>{reason}</p>}
    </>
  );
}
