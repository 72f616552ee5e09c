import { useTranslation } from 'react-i18next';
import { readActivity } from '@/shared/api/payloads';
import type { Message } from '@/shared/api/types';
import { phoneText } from '@/shared/format/text';
import { aheadTime, clock } from '@/shared/format/time';
import classes from './Activity.module.css';

const KNOWN = ['assigned', 'unassigned', 'resolved', 'reopened', 'snoozed', 'woken', 'tagged'] as const;
const SYSTEM = ['number_changed', 'user_id_changed', 'identity_changed', 'marketing_stopped', 'marketing_resumed'] as const;

/** Who did what: small and centred. The server sends names, the sentence is ours. */
export function Activity({ message }: { message: Message }) {
  return (
    <p className={classes.line} data-testid="message" data-id={message.id} data-direction="internal" data-type={message.type}>
      <span dir="auto">{useSentence(message)}</span>
      <time className={classes.time} dateTime={message.created_at}>
        {clock(message.created_at)}
      </time>
    </p>
  );
}

function useSentence(message: Message): string {
  const { t } = useTranslation('thread');
  const { action, by, from, to, until, tags, removed } = readActivity(message.payload);
  const known = KNOWN.find((name) => name === action);
  const told = SYSTEM.find((name) => name === action);
  if (message.type === 'system' && told) {
    const [before, now] = [from, to].map((number) => number && phoneText(number));
    // Masked for this viewer, or told twice by the provider: one number is no change from itself.
    if (told === 'number_changed' && before && now && before !== now)
      return t('system.numberChangedFrom', { from: before, to: now });
    return t(`system.${told}`, { to: now ?? '' });
  }
  if (message.type === 'system' || !known) return message.text ?? t('activity.other');
  const who = by ?? message.author.name;
  const time = until ? aheadTime(until, Date.parse(message.created_at)) : '';
  if (known === 'tagged') {
    const added = tags.join(', ');
    const gone = removed.join(', ');
    if (added && gone && who) return t('activity.retagged', { by: who, tags: added, removed: gone });
    if (added) return who ? t('activity.tagged', { by: who, tags: added }) : t('activity.taggedAuto', { tags: added });
    if (gone) return who ? t('activity.untagged', { by: who, tags: gone }) : t('activity.tagsChangedAuto');
    return who ? t('activity.tagsChanged', { by: who }) : t('activity.tagsChangedAuto');
  }
  if (known === 'snoozed') {
    if (!who) return until ? t('activity.snoozedAuto', { time }) : t('activity.snoozedToMessageAuto');
    return until ? t('activity.snoozed', { by: who, time }) : t('activity.snoozedToMessage', { by: who });
  }
  if (known === 'assigned') {
    const target = to ?? '';
    if (!who) return t('activity.assignedAuto', { to: target });
    return who === target || !target ? t('activity.took', { by: who }) : t('activity.assigned', { by: who, to: target });
  }
  return who ? t(`activity.${known}`, { by: who }) : t(`activity.${known}Auto`);
}
