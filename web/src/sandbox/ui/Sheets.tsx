/** What a customer puts together before sending: a place, a card, a sticker, an advertisement, a new number, a filled-in form. */
import { useState } from 'react';
import { api } from '../api';
import { useT } from '../i18n';
import { guarded, usePage } from '../store';
import { formAnswer } from '../thread';
import { Sheet } from './Sheet';
import classes from './Sheets.module.css';

export type SheetName = 'location' | 'contact' | 'sticker' | 'ad' | 'move';

interface Props {
  onClose: () => void;
  replyTo?: string | undefined;
}

/** Writes as the chosen customer and closes; what went wrong is said at the top of the page. */
function useWrite(onClose: () => void, replyTo?: string) {
  return async (message: object) => {
    const { number, selected } = usePage.getState();
    if (selected === null) return;
    const reply = replyTo ? { reply_to: replyTo } : {};
    if (await guarded(() => api.write(number, selected, { ...message, ...reply }))) onClose();
  };
}

export function LocationSheet({ onClose, replyTo }: Props) {
  const t = useT();
  const write = useWrite(onClose, replyTo);
  const [latitude, setLatitude] = useState('41.0351');
  const [longitude, setLongitude] = useState('28.9833');
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const send = () =>
    void write({
      type: 'location',
      location: {
        latitude: Number(latitude),
        longitude: Number(longitude),
        ...(name.trim() ? { name: name.trim() } : {}),
        ...(address.trim() ? { address: address.trim() } : {}),
      },
    });
  return (
    <Sheet title={t('sendLocation')} submit={t('send')} onSubmit={send} onClose={onClose}>
      <div className={classes.pair}>
        <NumberField label={t('latitude')} value={latitude} bound={90} onChange={setLatitude} />
        <NumberField label={t('longitude')} value={longitude} bound={180} onChange={setLongitude} />
      </div>
      <TextField label={t('placeName')} value={name} onChange={setName} />
      <TextField label={t('placeAddress')} value={address} onChange={setAddress} />
      <small className={classes.help}>{t('locationHelp')}</small>
    </Sheet>
  );
}

export function ContactSheet({ onClose, replyTo }: Props) {
  const t = useT();
  const write = useWrite(onClose, replyTo);
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const send = () => {
    const [first = name] = name.trim().split(/\s+/);
    const phones = [{ phone, type: 'CELL', wa_id: phone.replace(/\D/g, '') }];
    void write({ type: 'contacts', contacts: [{ name: { formatted_name: name.trim(), first_name: first }, phones }] });
  };
  return (
    <Sheet title={t('sendContact')} submit={t('send')} onSubmit={send} onClose={onClose}>
      <TextField label={t('name')} value={name} onChange={setName} required />
      <TextField label={t('phone')} value={phone} onChange={setPhone} required tel />
    </Sheet>
  );
}

export function AdSheet({ onClose }: Props) {
  const t = useT();
  const write = useWrite(onClose);
  const [headline, setHeadline] = useState(t('adHeadlineSample'));
  const [words, setWords] = useState(t('adTextSample'));
  const send = () => {
    const id = `12021${String(Date.now())}`;
    const referral = {
      source_type: 'ad',
      source_id: id,
      source_url: `https://fb.me/${id.slice(-7)}`,
      headline,
      body: t('adBodySample'),
      media_type: 'image',
      image_url: 'https://scontent.example/ad.jpg',
      ctwa_clid: `ARA${crypto.randomUUID().replaceAll('-', '')}`,
    };
    void write({ message: { type: 'text', text: { body: words }, referral } });
  };
  return (
    <Sheet title={t('startFromAd')} submit={t('send')} onSubmit={send} onClose={onClose}>
      <TextField label={t('adHeadline')} value={headline} onChange={setHeadline} required />
      <TextField label={t('firstMessage')} value={words} onChange={setWords} required />
      <small className={classes.help}>{t('adHelp')}</small>
    </Sheet>
  );
}

export function MoveSheet({ onClose }: Props) {
  const t = useT();
  const [phone, setPhone] = useState('');
  const send = async () => {
    const { number, selected } = usePage.getState();
    if (selected !== null && (await guarded(() => api.move(number, selected, phone)))) onClose();
  };
  return (
    <Sheet title={t('changeNumber')} submit={t('change')} onSubmit={() => void send()} onClose={onClose}>
      <TextField label={t('newPhone')} value={phone} onChange={setPhone} required tel />
      <small className={classes.help}>{t('changeNumberHelp')}</small>
    </Sheet>
  );
}

const STICKERS = ['👍', '❤️', '😂', '🎉', '🙏', '😍', '😢', '😡', '👋', '🦷', '🔥', '✅'];
const STICKER_PX = 512;

export function StickerSheet({ onClose, replyTo }: Props) {
  const t = useT();
  const send = async (emoji: string) => {
    const { number, selected } = usePage.getState();
    const file = await drawn(emoji);
    if (selected === null || !file) return;
    const fields = { filename: 'sticker.webp', type: 'sticker', replyTo } as const;
    if (await guarded(() => api.writeFile(number, selected, file, fields))) onClose();
  };
  return (
    <Sheet title={t('sendSticker')} onClose={onClose}>
      <div className={classes.stickers}>
        {STICKERS.map((emoji) => (
          <button key={emoji} type="button" aria-label={t('stickerOf', { emoji })} onClick={() => void send(emoji)}>
            {emoji}
          </button>
        ))}
      </div>
    </Sheet>
  );
}

/** A sticker of WhatsApp's kind: WebP, 512 by 512. Null where the browser cannot write WebP. */
function drawn(emoji: string): Promise<Blob | null> {
  const canvas = document.createElement('canvas');
  canvas.width = STICKER_PX;
  canvas.height = STICKER_PX;
  const pen = canvas.getContext('2d');
  if (pen) {
    pen.font = `${STICKER_PX * 0.75}px sans-serif`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(emoji, STICKER_PX / 2, STICKER_PX * 0.54);
  }
  return new Promise((resolve) => canvas.toBlob((file) => resolve(file?.type === 'image/webp' ? file : null), 'image/webp', 0.8));
}

export function FormSheet({ onClose, replyTo, token, title }: Props & { token: string; title: string }) {
  const t = useT();
  const write = useWrite(onClose, replyTo);
  const [fields, setFields] = useState<[string, string][]>([
    [t('formNameKey'), ''],
    [t('formDateKey'), ''],
  ]);
  const put = (place: number, part: 0 | 1, words: string) =>
    setFields(fields.map((field, index) => (index === place ? (part === 0 ? [words, field[1]] : [field[0], words]) : field)));
  return (
    <Sheet title={title} submit={t('send')} onSubmit={() => void write(formAnswer(token, fields))} onClose={onClose}>
      {fields.map(([name, value], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: rows are only added at the end, and both parts change while typing
        <div key={index} className={classes.pair}>
          <TextField label={t('formField')} value={name} onChange={(words) => put(index, 0, words)} />
          <TextField label={t('formValue')} value={value} onChange={(words) => put(index, 1, words)} />
        </div>
      ))}
      <button type="button" className="button" data-look="link" onClick={() => setFields([...fields, ['', '']])}>
        {t('formAdd')}
      </button>
    </Sheet>
  );
}

interface FieldProps {
  label: string;
  value: string;
  onChange: (words: string) => void;
}

function TextField({ label, value, onChange, required, tel }: FieldProps & { required?: boolean; tel?: boolean }) {
  return (
    <label className="field">
      {label}
      <input
        className="input"
        type={tel ? 'tel' : 'text'}
        required={required}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function NumberField({ label, value, bound, onChange }: FieldProps & { bound: number }) {
  return (
    <label className="field">
      {label}
      <input
        className="input"
        type="number"
        required
        step="any"
        min={-bound}
        max={bound}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
