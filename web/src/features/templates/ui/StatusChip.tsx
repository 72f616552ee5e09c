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

export function StatusChip({ status }: { status: string }) {
  const words = useWords();
  const state = stateOf(status);
  const Icon = state ? ICONS[state] : IconHourglass;
  return (
    <Chip tone={state ? TONES[state] : 'neutral'} icon={<Icon size={13} stroke={1.8} aria-hidden="true" />}>
      {words.status(status)}
    </Chip>
  );
}
