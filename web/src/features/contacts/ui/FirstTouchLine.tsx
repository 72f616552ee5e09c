import { useTranslation } from 'react-i18next';
import { webAddress } from '@/shared/api/cards';
import { readContext } from '@/shared/api/payloads';
import type { Contact } from '@/shared/api/types';
import { fullTime, shortDate } from '@/shared/format/time';
import classes from './ContactPanel.module.css';

/** Where somebody came from at first: an ad or a post, its words, and a way to it. */
export function FirstTouchLine({ touch }: { touch: NonNullable<Contact['first_touch']> }) {
  const { t } = useTranslation('contacts');
  const { referral } = readContext({ referral: touch.referral });
  const url = webAddress(referral?.source_url);
  return (
    <div className={classes.first} data-testid="first-touch">
      {referral?.headline && <strong dir="auto">{referral?.headline}</strong>}
      {referral?.body && <p dir="auto">{referral.body}</p>}
      <p>
        {t(referral?.source_type === 'post' ? 'first.post' : 'first.ad')} ·{' '}
        <time dateTime={touch.at} title={fullTime(touch.at)}>
          {shortDate(touch.at)}
        </time>
        {url && (
          <>
            {' · '}
            <a href={url} target="_blank" rel="noopener noreferrer nofollow">
              {t('first.open')}
            </a>
          </>
        )}
      </p>
    </div>
  );
}
