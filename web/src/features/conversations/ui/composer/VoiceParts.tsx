import { type RefObject, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { playTime } from '@/shared/format/text';
import type { Clip } from '@/shared/media/clips';
import { togglePlay, usePlayer } from '@/shared/media/player';
import { barsOf } from '@/shared/media/recorder';
import { useObjectUrl } from '@/shared/media/useObjectUrl';
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from '@/shared/ui/icons';
import classes from './VoiceRecorder.module.css';

const BARS = 48;
const PREVIEW = 'voice-preview';

/** The last five seconds: newest at the end. */
export function LevelBars({ levels }: { levels: readonly number[] }) {
  const shown = levels.slice(-BARS);
  return <Bars levels={[...Array<number>(BARS - shown.length).fill(0), ...shown]} />;
}

function Bars({ levels, share = 0 }: { levels: readonly number[]; share?: number }) {
  return (
    <span className={classes.bars} dir="ltr" aria-hidden="true">
      {levels.map((level, at) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a bar is its place
          key={at}
          data-played={at / levels.length < share || undefined}
          style={{ transform: `scaleY(${Math.max(0.08, level)})` }}
        />
      ))}
    </span>
  );
}

export function ClipPlayer({ clip, playRef }: { clip: Clip; playRef: RefObject<HTMLButtonElement | null> }) {
  const { t } = useTranslation('compose');
  const url = useObjectUrl(clip.blob);
  const bars = useMemo(() => barsOf(clip.levels, BARS), [clip]);
  const playing = usePlayer((state) => state.id === PREVIEW && state.playing);
  const position = usePlayer((state) => (state.id === PREVIEW ? state.position : 0));
  return (
    <>
      <button
        ref={playRef}
        type="button"
        className={classes.play}
        data-testid="voice-play"
        aria-label={playing ? t('voice.stopPlaying') : t('voice.play')}
        onClick={() => url && togglePlay(PREVIEW, url, () => undefined)}
      >
        {playing ? <IconPlayerPauseFilled size={16} aria-hidden="true" /> : <IconPlayerPlayFilled size={16} aria-hidden="true" />}
      </button>
      <Bars levels={bars} share={clip.duration ? position / clip.duration : 0} />
      <time className={classes.time} dir="ltr">
        {playTime(playing || position > 0 ? position : clip.duration)}
      </time>
    </>
  );
}
