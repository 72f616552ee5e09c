import { useTranslation } from 'react-i18next';
import { webAddress } from '@/shared/api/cards';
import type { MessageContext } from '@/shared/api/types';
import { IconExternalLink, IconShoppingCart, IconSpeakerphone } from '@/shared/ui/icons';
import classes from './content.module.css';

/** What made the customer write: an ad, a post, a product. Its pictures lie on foreign servers and are not asked for. */
export function ReferralCard({ context }: { context: MessageContext }) {
  const { t } = useTranslation('thread');
  const { referral, product } = context;
  const url = webAddress(referral?.source_url);
  return (
    <>
      {referral && (
        <div className={classes.referral}>
          <span className={classes.referralMark}>
            <IconSpeakerphone size={14} stroke={1.7} aria-hidden="true" />
            {referral.source_type === 'post' ? t('referral.post') : t('referral.ad')}
          </span>
          {referral.headline && <strong dir="auto">{referral.headline}</strong>}
          {referral.body && <span dir="auto">{referral.body}</span>}
          {url && (
            <a href={url} target="_blank" rel="noopener noreferrer nofollow">
              {t('referral.open')} <IconExternalLink size={13} stroke={1.6} aria-hidden="true" />
            </a>
          )}
        </div>
      )}
      {product?.product_id && (
        <div className={classes.referral}>
          <span className={classes.referralMark}>
            <IconShoppingCart size={14} stroke={1.7} aria-hidden="true" />
            <span dir="auto">{t('product', { id: product.product_id })}</span>
          </span>
        </div>
      )}
    </>
  );
}
