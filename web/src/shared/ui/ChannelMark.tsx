import classes from './ChannelMark.module.css';
import {
  IconBrandInstagram,
  IconBrandMessenger,
  IconBrandTelegram,
  IconBrandWhatsapp,
  IconMessageDots,
  IconPhone,
} from './icons';

const MARKS = {
  whatsapp: IconBrandWhatsapp,
  instagram: IconBrandInstagram,
  messenger: IconBrandMessenger,
  telegram: IconBrandTelegram,
  sms: IconMessageDots,
  voice: IconPhone,
} as const;

type Mark = keyof typeof MARKS;

/** `whatsapp_cloud` and `whatsapp_bsp` look alike: people know the app, not the provider. */
export function markOf(kind: string): Mark {
  const family = kind.split('_')[0] ?? '';
  return family in MARKS ? (family as Mark) : 'sms';
}

export function ChannelMark({
  kind,
  size,
  ground,
  className,
}: {
  kind: string;
  size: 14 | 16 | 20 | 36;
  ground?: string;
  className?: string;
}) {
  const mark = markOf(kind);
  const Glyph = MARKS[mark];
  return (
    <span
      aria-hidden="true"
      className={`${classes.mark} ${className ?? ''}`}
      style={{
        inlineSize: size,
        blockSize: size,
        background: `var(--ch-${mark})`,
        color: mark === 'voice' ? 'var(--ch-voice-glyph)' : 'var(--ch-glyph)',
        boxShadow: ground ? `0 0 0 2px ${ground}` : undefined,
      }}
    >
      <Glyph size={size * 0.68} stroke={2} />
    </span>
  );
}
