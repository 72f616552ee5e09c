import { useTranslation } from 'react-i18next';
import { playTime } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@/shared/ui/icons';
import classes from './AudioPlayer.module.css';
import { nextSpeed, seek, togglePlay, usePlayer } from './player';

interface Props {
  id: string;
  url: string;
  label: string;
  onBroken: () => void;
}

export function AudioPlayer({ id, url, label, onBroken }: Props) {
  const { t } = useTranslation('shared');
  const mine = usePlayer((state) => state.id === id);
  const playing = usePlayer((state) => state.id === id && state.playing);
  const position = usePlayer((state) => (state.id === id ? state.position : 0));
  const duration = usePlayer((state) => (state.id === id ? state.duration : 0));
  const speed = usePlayer((state) => state.speed);
  return (
    <div className={classes.player} role="group" aria-label={label}>
      <button
        type="button"
        className={classes.play}
        aria-label={playing ? t('player.pause', { label }) : t('player.play', { label })}
        onClick={() => togglePlay(id, url, onBroken)}
      >
        {playing ? <IconPlayerPauseFilled size={16} aria-hidden="true" /> : <IconPlayerPlayFilled size={16} aria-hidden="true" />}
      </button>
      <div className={classes.middle}>
        <input
          type="range"
          dir="ltr"
          min={0}
          max={duration || 1}
          step={0.1}
          value={position}
          disabled={!mine || duration === 0}
          aria-label={t('player.position')}
          aria-valuetext={playTime(position)}
          style={{ '--share': `${duration ? (position / duration) * 100 : 0}%` } as React.CSSProperties}
          onChange={(event) => seek(id, Number(event.currentTarget.value))}
        />
        <span className={classes.times}>
          {mine ? `${playTime(position)}${duration ? ` / ${playTime(duration)}` : ''}` : label}
        </span>
      </div>
      <button type="button" className={classes.speed} aria-label={t('player.speed', { speed })} onClick={nextSpeed}>
        {new Intl.NumberFormat(currentLocale()).format(speed)}×
      </button>
    </div>
  );
}
