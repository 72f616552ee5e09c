import { type ChangeEvent, type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { playTime } from '@/shared/format/text';
import { api } from '../api';
import { useT } from '../i18n';
import { IconMicrophone, IconPlus, IconSend, IconTrash } from '../icons';
import { dismissProblem, guarded, usePage } from '../store';
import { extensionOf, type Recording, record } from '../voice';
import classes from './Composer.module.css';

const ACCEPTED = 'image/*,video/mp4,video/3gpp,audio/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt';

export function Composer() {
  const t = useT();
  const number = usePage((page) => page.number);
  const customer = usePage((page) => page.selected);
  const [words, setWords] = useState('');
  const [busy, setBusy] = useState(false);
  const [recording, setRecording] = useState<Recording | null>(null);
  const [refused, setRefused] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);

  useEffect(() => () => recording?.cancel(), [recording]);

  /** What was typed stays in the box until the sandbox has it; what was typed since then stays too. */
  const deliver = async (action: (customer: number) => Promise<unknown>) => {
    if (customer === null || busy) return;
    const sent = words;
    setBusy(true);
    const went = await guarded(() => action(customer));
    setBusy(false);
    if (went) {
      setWords((now) => (now === sent ? '' : now));
      dismissProblem();
    }
    box.current?.focus();
  };

  const sendText = () => {
    const body = words.trim();
    if (body) void deliver((who) => api.write(number, who, { text: body }));
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    sendText();
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    sendText();
  };

  const pick = (event: ChangeEvent<HTMLInputElement>) => {
    const file = event.target.files?.[0];
    event.target.value = '';
    if (file) void deliver((who) => api.writeFile(number, who, file, { filename: file.name, caption: words.trim() }));
  };

  const startRecording = async () => {
    setRefused(false);
    try {
      setRecording(await record());
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      setRefused(true);
    }
  };

  const sendRecording = async () => {
    const clip = await recording?.stop();
    setRecording(null);
    if (clip) void deliver((who) => api.writeFile(number, who, clip, { filename: `ses.${extensionOf(clip.type)}`, voice: true }));
  };

  if (recording)
    return (
      <div className={classes.bar}>
        <button
          type="button"
          className="icon-button"
          aria-label={t('discardRecording')}
          onClick={() => {
            recording.cancel();
            setRecording(null);
          }}
        >
          <IconTrash size={20} stroke={1.5} aria-hidden="true" />
        </button>
        <Clock />
        <button type="button" className={classes.send} aria-label={t('sendRecording')} onClick={() => void sendRecording()}>
          <IconSend size={19} stroke={1.6} aria-hidden="true" />
        </button>
      </div>
    );

  return (
    <form className={classes.bar} onSubmit={submit}>
      {refused && (
        <p className={classes.refused} role="alert">
          {t('micRefused')}
        </p>
      )}
      <input
        ref={picker}
        type="file"
        accept={ACCEPTED}
        className="visually-hidden"
        tabIndex={-1}
        aria-label={t('attach')}
        data-testid="attach-input"
        onChange={pick}
      />
      <button
        type="button"
        className="icon-button"
        aria-label={t('attach')}
        disabled={busy}
        onClick={() => picker.current?.click()}
      >
        <IconPlus size={22} stroke={1.5} aria-hidden="true" />
      </button>
      <textarea
        ref={box}
        className={classes.box}
        rows={1}
        dir="auto"
        value={words}
        placeholder={t('compose')}
        aria-label={t('compose')}
        data-testid="composer"
        onChange={(event) => setWords(event.target.value)}
        onKeyDown={onKey}
      />
      {words.trim() ? (
        <button type="submit" className={classes.send} aria-label={t('send')} data-testid="send" disabled={busy}>
          <IconSend size={19} stroke={1.6} aria-hidden="true" />
        </button>
      ) : (
        <button
          type="button"
          className={`icon-button ${classes.mic}`}
          aria-label={t('recordVoice')}
          disabled={busy}
          onClick={() => void startRecording()}
        >
          <IconMicrophone size={21} stroke={1.5} aria-hidden="true" />
        </button>
      )}
    </form>
  );
}

function Clock() {
  const t = useT();
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((now) => now + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span className={classes.clock} role="timer" aria-label={t('recording', { time: playTime(seconds) })}>
      <i aria-hidden="true" />
      {playTime(seconds)}
    </span>
  );
}
