import { groundOf, initials } from '@/shared/format/text';
import classes from './Avatar.module.css';
import { ChannelMark } from './ChannelMark';
import { IconUser } from './icons';

interface Props {
  /** Decides the colour, so that a renamed person keeps it. */
  id: string;
  name: string;
  size: 18 | 20 | 24 | 32 | 40 | 44 | 56;
  channelKind?: string;
  ground?: string;
}

/** Initials on a soft ground. Decoration only: the name always stands beside it as text. */
export function Avatar({ id, name, size, channelKind, ground }: Props) {
  const letters = initials(name);
  const tone = groundOf(id);
  return (
    <span className={classes.avatar} aria-hidden="true" style={{ inlineSize: size, blockSize: size }}>
      <span
        className={classes.disc}
        data-letters={letters}
        style={{ background: `var(--av${tone})`, color: `var(--av${tone}-text)`, fontSize: fontSize(size) }}
      >
        {!letters && <IconUser size={size * 0.5} stroke={1.6} />}
      </span>
      {channelKind && <ChannelMark kind={channelKind} size={16} ground={ground ?? 'var(--surface)'} className={classes.mark} />}
    </span>
  );
}

const fontSize = (size: number) => (size <= 20 ? 8.5 : size <= 24 ? 10 : Math.round(size * 0.36));
