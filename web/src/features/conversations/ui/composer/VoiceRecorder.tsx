import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Id } from '@/shared/api/types';
import { playTime } from '@/shared/format/text';
import { type Clip, hasClip, keepClip, takeClip } from '@/shared/media/clips';
import { type MicrophoneTrouble, Recording, troubleOf } from '@/shared/media/recorder';
import { Button } from '@/shared/ui/Button';
import { IconButton } from '@/shared/ui/IconButton';
import {
  IconMicrophone,
  IconMicrophoneOff,
  IconPlayerPauseFilled,
  IconPlayerStopFilled,
  IconSend,
  IconTrash,
} from '@/shared/ui/icons';
import '../../composeTexts';
import { sendClip, VOICE_MAX_S } from '../../model/voice';
import { ClipPlayer, LevelBars } from './VoiceParts';
import classes from './VoiceRecorder.module.css';

type Phase = 'asking' | 'recording' | 'paused' | 'making' | 'heard' | 'trouble';

interface Props {
  id: Id;
  onClose: () => void;
}

/** In the place of the text field while a voice note is made: record, pause, listen, send. */
export default function VoiceRecorder({ id, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [phase, setPhase] = useState<Phase>(() => (hasClip(id) ? 'heard' : 'asking'));
  const [trouble, setTrouble] = useState<MicrophoneTrouble>('failed');
  const [clip, setClip] = useState<Clip | null>(() => takeClip(id));
  const [, draw] = useState(0);
  const [attempt, setAttempt] = useState(0);
  const recording = useRef<Recording | null>(null);
  const latest = useRef(clip);
  latest.current = clip;
  const main = useRef<HTMLButtonElement>(null);
  const done = useRef(false);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt asks for the microphone again
  useEffect(() => {
    if (latest.current) return;
    let gone = false;
    setPhase('asking');
    Recording.start(() => draw((count) => count + 1)).then(
      (made) => {
        if (gone) return made.cancel();
        recording.current = made;
        setPhase('recording');
      },
      (error: unknown) => {
        if (gone) return;
        setTrouble(troubleOf(error));
        setPhase('trouble');
      },
    );
    return () => {
      gone = true;
    };
  }, [attempt]);

  // Whoever goes to another conversation finds here what was said, to be heard and sent.
  useEffect(
    () => () => {
      const running = recording.current;
      if (done.current) return;
      if (running) void running.stop().then((made) => keepClip(id, made));
      else if (latest.current) keepClip(id, latest.current);
    },
    [id],
  );

  // biome-ignore lint/correctness/useExhaustiveDependencies: each step's first button takes the keyboard
  useEffect(() => main.current?.focus(), [phase]);

  const seconds = recording.current?.seconds ?? clip?.duration ?? 0;
  const full = phase === 'recording' && seconds >= VOICE_MAX_S;
  // biome-ignore lint/correctness/useExhaustiveDependencies: reaching the limit ends the recording, once
  useEffect(() => {
    if (full) void listen();
  }, [full]);

  async function finish(): Promise<Clip | null> {
    const running = recording.current;
    if (!running) return latest.current;
    setPhase('making');
    try {
      const made = await running.stop();
      recording.current = null;
      return made;
    } catch {
      recording.current = null;
      setTrouble('failed');
      setPhase('trouble');
      return null;
    }
  }

  async function listen() {
    const made = await finish();
    if (!made) return;
    setClip(made);
    setPhase('heard');
  }

  async function send() {
    const made = await finish();
    if (!made) return;
    done.current = true;
    sendClip(id, made);
    onClose();
  }

  function discard() {
    done.current = true;
    recording.current?.cancel();
    onClose();
  }

  function pauseOrGoOn() {
    const running = recording.current;
    if (!running) return;
    if (phase === 'recording') running.pause();
    else running.resume();
    setPhase(phase === 'recording' ? 'paused' : 'recording');
  }

  if (phase === 'trouble') {
    return (
      <div className={classes.trouble} role="alert" data-testid="voice-trouble">
        <IconMicrophoneOff size={18} stroke={1.6} aria-hidden="true" />
        <span>{t(`voice.trouble.${trouble}`)}</span>
        <Button ref={main} size="small" onClick={() => setAttempt(attempt + 1)}>
          {t('voice.again')}
        </Button>
        <Button size="small" look="ghost" onClick={discard}>
          {t('voice.close')}
        </Button>
      </div>
    );
  }
  const running = phase === 'recording' || phase === 'paused';
  return (
    <div className={classes.recorder} role="group" aria-label={t('voice.label')} data-testid="voice-recorder" data-phase={phase}>
      <IconButton label={t('voice.discard')} onClick={discard} data-testid="voice-discard">
        <IconTrash size={18} stroke={1.6} aria-hidden="true" />
      </IconButton>
      {phase === 'heard' && clip ? (
        <ClipPlayer clip={clip} playRef={main} />
      ) : (
        <>
          <span className={classes.dot} data-on={phase === 'recording' || undefined} aria-hidden="true" />
          <time className={classes.time} dir="ltr">
            {playTime(seconds)}
          </time>
          <LevelBars levels={recording.current?.levels ?? []} />
          <span className="visually-hidden" role="status">
            {t(`voice.phase.${phase}`)}
          </span>
          {phase === 'asking' && <span className={classes.hint}>{t('voice.phase.asking')}</span>}
          {running && (
            <>
              <IconButton
                label={phase === 'recording' ? t('voice.pause') : t('voice.goOn')}
                onClick={pauseOrGoOn}
                data-testid="voice-pause"
              >
                {phase === 'recording' ? (
                  <IconPlayerPauseFilled size={18} aria-hidden="true" />
                ) : (
                  <IconMicrophone size={18} stroke={1.6} aria-hidden="true" />
                )}
              </IconButton>
              <IconButton label={t('voice.listen')} onClick={() => void listen()} data-testid="voice-listen">
                <IconPlayerStopFilled size={18} aria-hidden="true" />
              </IconButton>
            </>
          )}
        </>
      )}
      <Button
        ref={phase === 'heard' ? null : main}
        look="primary"
        className={classes.send}
        data-testid="voice-send"
        disabled={phase === 'asking' || phase === 'making'}
        busy={phase === 'making'}
        onClick={() => void send()}
        aria-label={t('voice.send')}
        icon={<IconSend size={18} stroke={1.7} aria-hidden="true" />}
      >
        <span className={classes.long}>{t('voice.send')}</span>
      </Button>
    </div>
  );
}
