import { useTranslation } from 'react-i18next';
import {
  IconCopy,
  IconCornerUpLeft,
  IconExternalLink,
  IconFileText,
  IconMapPin,
  IconPhone,
  IconPhoto,
  IconVideo,
} from '@/shared/ui/icons';
import type { Shown } from '../model/template';
import { MarkedText } from './MarkedText';
import classes from './PhoneBubble.module.css';

interface Props {
  shown: Shown;
  /** The picture of the header, when one is at hand; `name` for a document. */
  media?: { url: string | null; name: string | null } | undefined;
  /** The customer's phone, not ours: its own light or dark. */
  scheme?: 'light' | 'dark' | undefined;
  /** `{{1}}` of the variable that is being filled in. */
  active?: string | null | undefined;
}

const MEDIA_ICONS = { IMAGE: IconPhoto, VIDEO: IconVideo, DOCUMENT: IconFileText, LOCATION: IconMapPin } as const;
const BUTTON_ICONS: Record<string, typeof IconPhone> = {
  URL: IconExternalLink,
  PHONE_NUMBER: IconPhone,
  COPY_CODE: IconCopy,
  OTP: IconCopy,
};
/** Beyond three WhatsApp folds the buttons into "See all options". */
const BUTTONS_SHOWN = 3;

/** A template as the customer's phone shows it. */
export function PhoneBubble({ shown, media, scheme, active }: Props) {
  const { t } = useTranslation('templates');
  const folded = shown.buttons.length > BUTTONS_SHOWN;
  const buttons = folded ? shown.buttons.slice(0, BUTTONS_SHOWN - 1) : shown.buttons;
  return (
    <div className={classes.ground} data-scheme={scheme} data-testid="template-preview">
      <div className={classes.bubble}>
        <Header shown={shown} media={media} active={active} />
        <p className={classes.body} dir="auto">
          {shown.body ? (
            <MarkedText text={shown.body} active={active} />
          ) : (
            <span className={classes.empty}>{t('preview.body')}</span>
          )}
        </p>
        {shown.footer && (
          <p className={classes.footer} dir="auto">
            {shown.footer}
          </p>
        )}
        <span className={classes.time} aria-hidden="true">
          10:42
        </span>
        {buttons.map((button, index) => {
          const Icon = BUTTON_ICONS[button.type] ?? IconCornerUpLeft;
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: two buttons may still be the same while they are written
            <span key={index} className={classes.button} data-tip={button.detail ?? undefined} dir="auto">
              <Icon size={15} stroke={1.7} aria-hidden="true" />
              {button.title ||
                (button.type === 'COPY_CODE' || button.type === 'OTP' ? t('preview.copyCode') : t('preview.button'))}
            </span>
          );
        })}
        {folded && <span className={classes.button}>{t('preview.allOptions', { count: shown.buttons.length })}</span>}
      </div>
    </div>
  );
}

function Header({ shown, media, active }: Pick<Props, 'shown' | 'media' | 'active'>) {
  const { t } = useTranslation('templates');
  const { header } = shown;
  if (!header) return null;
  if (header.format === 'TEXT') {
    return (
      <strong className={classes.header} dir="auto">
        <MarkedText text={header.text ?? ''} active={active} />
      </strong>
    );
  }
  const kind = header.format as keyof typeof MEDIA_ICONS;
  const Icon = MEDIA_ICONS[kind] ?? IconFileText;
  if (kind === 'IMAGE' && media?.url) return <img className={classes.picture} src={media.url} alt="" />;
  return (
    <span className={classes.media} data-kind={header.format}>
      <Icon size={26} stroke={1.4} aria-hidden="true" />
      <span dir="auto">{media?.name ?? header.text ?? (kind in MEDIA_ICONS ? t(`format.${kind}`) : header.format)}</span>
    </span>
  );
}
