import { type CSSProperties, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { playTime } from '@/shared/format/text';
import { currentLocale } from '@/shared/i18n/i18n';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@/shared/ui/icons';
import classes from './AudioPlayer.module.css';
import { bars, nextSpeed, seek, togglePlay, usePlayer } from './player';

const BARS = 40;
const BAR_PX = 3;
const STEP_PX = 4;
const HEIGHT_PX = 24;

interface Props {
  id: string;
  url: string;
  label: string;
  /** Peaks of 0..100, or null when nobody has looked into the file. */
  waveform?: number[] | null;
  /** Seconds, as far as the server knows. */
  length?: number | null;
  onBroken: () => void;
}

export function AudioPlayer({ id, url, label, waveform = null, length = null, onBroken }: Props) {
  const { t } = useTranslation('shared');
  const mine = usePlayer((state) => state.id === id);
  const playing = usePlayer((state) => state.id === id && state.playing);
  const position = usePlayer((state) => (state.id === id ? state.position : 0));
  const played = usePlayer((state) => (state.id === id ? state.duration : 0));
  const speed = usePlayer((state) => state.speed);
  const duration = played || length || 0;
  const share = duration ? Math.min(1, position / duration) : 0;
  // A click on the waveform of what is not playing begins there.
  const move = (to: number) => (mine && played ? seek(id, to) : togglePlay(id, url, onBroken, to));
  return (
    <div className={classes.player} role="group" aria-label={label} dir="ltr">
      <button
        type="button"
        className={classes.play}
        aria-label={playing ? t('player.pause', { label }) : t('player.play', { label })}
        onClick={() => togglePlay(id, url, onBroken)}
      >
        {playing ? <IconPlayerPauseFilled size={16} aria-hidden="true" /> : <IconPlayerPlayFilled size={16} aria-hidden="true" />}
      </button>
      <div className={classes.middle}>
        <span className={classes.track} data-waveform={waveform ? true : undefined}>
          {waveform && <Waveform peaks={waveform} share={share} />}
          <input
            type="range"
            min={0}
            max={duration || 1}
            step={0.1}
            value={position}
            disabled={duration === 0}
            aria-label={t('player.position')}
            aria-valuetext={playTime(position)}
            style={{ '--share': `${share * 100}%` } as CSSProperties}
            onChange={(event) => move(Number(event.currentTarget.value))}
          />
        </span>
        <span className={classes.times}>
          {mine ? `${playTime(position)}${duration ? ` / ${playTime(duration)}` : ''}` : duration ? playTime(duration) : label}
        </span>
      </div>
      <button
        type="button"
        className={classes.speed}
        data-testid="voice-speed"
        aria-label={t('player.speed', { speed })}
        onClick={nextSpeed}
      >
        {new Intl.NumberFormat(currentLocale()).format(speed)}×
      </button>
    </div>
  );
}

function Waveform({ peaks, share }: { peaks: number[]; share: number }) {
  const heights = useMemo(() => bars(peaks, BARS), [peaks]);
  return (
    <svg viewBox={`0 0 ${BARS * STEP_PX} ${HEIGHT_PX}`} preserveAspectRatio="none" aria-hidden="true">
      {heights.map((height, index) => {
        const tall = Math.max(3, height * HEIGHT_PX);
        return (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the bars never change places
            key={index}
            x={index * STEP_PX}
            y={(HEIGHT_PX - tall) / 2}
            width={BAR_PX - 0.5}
            height={tall}
            rx={1.2}
            data-played={(index + 0.5) / BARS <= share || undefined}
          />
        );
      })}
    </svg>
  );
}
