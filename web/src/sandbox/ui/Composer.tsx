import { type ChangeEvent, type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { playTime } from '@/shared/format/text';
import { voiceExtension } from '@/shared/media/voiceNote';
import { api } from '../api';
import { useT } from '../i18n';
import {
  IconAddressBook,
  IconFileText,
  IconMapPin,
  IconMicrophone,
  IconPhoto,
  IconPlus,
  IconReplace,
  IconSend,
  IconSpeakerphone,
  IconSticker,
  IconTrash,
  IconX,
} from '../icons';
import { dismissProblem, guarded, setDraft, usePage } from '../store';
import { editable, editOf } from '../thread';
import { type Recording, record } from '../voice';
import { Quote } from './Bubble';
import classes from './Composer.module.css';
import { type Item, Menu } from './Menu';
import { AdSheet, ContactSheet, LocationSheet, MoveSheet, type SheetName, StickerSheet } from './Sheets';

const ACCEPTED = 'image/*,video/mp4,video/3gpp,audio/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx,.txt';
const SHEETS = { location: LocationSheet, contact: ContactSheet, sticker: StickerSheet, ad: AdSheet, move: MoveSheet } as const;

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
  const documents = useRef<HTMLInputElement>(null);
  const draft = usePage((page) => page.draft);
  const [sheet, setSheet] = useState<SheetName | null>(null);
  const replyTo = draft?.kind === 'reply' ? draft.message.id : undefined;

  useEffect(() => () => recording?.cancel(), [recording]);

  // What is to be changed comes into the box; what is answered leaves it as it is.
  useEffect(() => {
    if (draft === null) return;
    if (draft.kind === 'edit') setWords(editable(draft.message) ?? '');
    box.current?.focus();
  }, [draft]);

  const leaveDraft = () => {
    if (draft?.kind === 'edit') setWords('');
    setDraft(null);
    box.current?.focus();
  };

  /** What was typed stays in the box until the sandbox has it; what was typed since then stays too. */
  const deliver = async (action: (customer: number) => Promise<unknown>) => {
    if (customer === null || busy) return;
    const sent = words;
    setBusy(true);
    const went = await guarded(() => action(customer));
    setBusy(false);
    if (went) {
      setWords((now) => (now === sent ? '' : now));
      setDraft(null);
      dismissProblem();
    }
    box.current?.focus();
  };

  const sendText = () => {
    const body = words.trim();
    if (!body) return;
    const wish = draft?.kind === 'edit' ? editOf(draft.message, body) : { text: body, ...(replyTo ? { reply_to: replyTo } : {}) };
    void deliver((who) => api.write(number, who, wish));
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    sendText();
  };

  const onKey = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && draft) leaveDraft();
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    sendText();
  };

  /** One message for each file, in their order; the text goes with the first one. */
  const pick = (event: ChangeEvent<HTMLInputElement>, type?: 'document') => {
    const files = [...(event.target.files ?? [])];
    event.target.value = '';
    if (files.length === 0) return;
    void deliver(async (who) => {
      for (const [place, file] of files.entries()) {
        const caption = place === 0 ? words.trim() : '';
        await api.writeFile(number, who, file, { filename: file.name, caption, replyTo, ...(type ? { type } : {}) });
      }
    });
  };

  const attachments: Item[] = [
    { key: 'file', label: t('attachMedia'), Icon: IconPhoto, act: () => picker.current?.click() },
    { key: 'document', label: t('attachDocument'), Icon: IconFileText, act: () => documents.current?.click() },
    { key: 'location', label: t('sendLocation'), Icon: IconMapPin, act: () => setSheet('location') },
    { key: 'contact', label: t('sendContact'), Icon: IconAddressBook, act: () => setSheet('contact') },
    { key: 'sticker', label: t('sendSticker'), Icon: IconSticker, act: () => setSheet('sticker') },
    { key: 'ad', label: t('startFromAd'), Icon: IconSpeakerphone, act: () => setSheet('ad') },
    { key: 'move', label: t('changeNumber'), Icon: IconReplace, act: () => setSheet('move') },
  ];
  const Open = sheet && SHEETS[sheet];

  const closeSheet = () => {
    setSheet(null);
    setDraft(null);
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
    if (clip)
      void deliver((who) =>
        api.writeFile(number, who, clip, { filename: `ses.${voiceExtension(clip.type)}`, voice: true, replyTo }),
      );
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
    <>
      <form className={classes.bar} onSubmit={submit}>
        {draft && (
          <div className={classes.draft} data-testid="draft">
            <div>
              <b>{t(draft.kind === 'edit' ? 'editing' : 'replying')}</b>
              <Quote message={draft.message} />
            </div>
            <button type="button" className="icon-button" aria-label={t('leaveDraft')} onClick={leaveDraft}>
              <IconX size={18} stroke={1.6} aria-hidden="true" />
            </button>
          </div>
        )}
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
          multiple
          onChange={(event) => pick(event)}
        />
        <input
          ref={documents}
          type="file"
          className="visually-hidden"
          tabIndex={-1}
          aria-label={t('attachDocument')}
          data-testid="document-input"
          multiple
          onChange={(event) => pick(event, 'document')}
        />
        <Menu
          label={t('attach')}
          testid="attach"
          disabled={busy}
          icon={<IconPlus size={22} stroke={1.5} aria-hidden="true" />}
          items={attachments}
        />
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
      {Open && <Open onClose={closeSheet} replyTo={replyTo} />}
    </>
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
