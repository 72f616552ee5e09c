import { useTranslation } from 'react-i18next';
import { Chip } from '@/shared/ui/Chip';
import { IconAlertTriangle, IconBan, IconCircleCheck, IconCirclePause, IconHourglass, IconTrash } from '@/shared/ui/icons';
import { type StateName, stateOf } from '../model/states';
import { TONES, useWords } from './words';

const ICONS: Record<StateName, typeof IconBan> = {
  approved: IconCircleCheck,
  flagged: IconAlertTriangle,
  pending: IconHourglass,
  appeal: IconHourglass,
  rejected: IconBan,
  paused: IconCirclePause,
  disabled: IconBan,
  limited: IconAlertTriangle,
  archived: IconCirclePause,
  deleting: IconTrash,
  deleted: IconTrash,
};

interface Props {
  status: string;
  /** Why it cannot be sent (`blocked.code`): one that WhatsApp has approved is then not shown as ready. */
  blocked?: string | null | undefined;
}

export function StatusChip({ status, blocked = null }: Props) {
  const { t } = useTranslation('templates');
  const words = useWords();
  const state = stateOf(status);
  const unready = blocked !== null && (state === 'approved' || state === 'flagged');
  const Icon = unready ? IconBan : state ? ICONS[state] : IconHourglass;
  return (
    <Chip tone={state && !unready ? TONES[state] : 'neutral'} icon={<Icon size={13} stroke={1.8} aria-hidden="true" />}>
      {unready ? t('status.unready') : words.status(status)}
    </Chip>
  );
}
