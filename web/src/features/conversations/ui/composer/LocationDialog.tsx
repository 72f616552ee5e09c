import { type ClipboardEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Place } from '@/shared/api/sending';
import { Button } from '@/shared/ui/Button';
import { IconCurrentLocation, IconMapPin } from '@/shared/ui/icons';
import { TextField } from '@/shared/ui/TextField';
import { degrees, NO_PLACE, type PlaceDraft, pairOf, placeOf } from '../../model/place';
import { FormDialog } from './FormDialog';
import classes from './forms.module.css';

interface Props {
  onSend: (place: Place) => void;
  onClose: () => void;
}

export default function LocationDialog({ onSend, onClose }: Props) {
  const { t } = useTranslation('compose');
  const [draft, setDraft] = useState<PlaceDraft>(NO_PLACE);
  const [asking, setAsking] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const change = (part: Partial<PlaceDraft>) => setDraft((held) => ({ ...held, ...part }));
  const place = placeOf(draft);
  const wrong = (text: string, bound: number) => (text.trim() && degrees(text, bound) === null ? t('location.wrong') : null);

  function onPaste(event: ClipboardEvent) {
    const pair = pairOf(event.clipboardData.getData('text'));
    if (!pair) return;
    event.preventDefault();
    change(pair);
  }

  function locate() {
    setAsking(true);
    setTrouble(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        setAsking(false);
        change({ latitude: coords.latitude.toFixed(6), longitude: coords.longitude.toFixed(6) });
      },
      (error) => {
        setAsking(false);
        setTrouble(error.code === error.PERMISSION_DENIED ? t('location.refused') : t('location.unknown'));
      },
      { enableHighAccuracy: true, timeout: 15_000 },
    );
  }

  return (
    <FormDialog
      title={t('location.title')}
      send={{
        label: t('location.send'),
        icon: <IconMapPin size={16} stroke={1.6} aria-hidden="true" />,
        testId: 'send-location',
        ready: place !== null,
      }}
      onSubmit={() => place && onSend(place)}
      onClose={onClose}
    >
      <Button
        busy={asking}
        icon={<IconCurrentLocation size={16} stroke={1.6} aria-hidden="true" />}
        className={classes.startButton}
        onClick={locate}
      >
        {t('location.here')}
      </Button>
      {trouble && (
        <p className={classes.trouble} role="alert">
          {trouble}
        </p>
      )}
      <div className={classes.pair}>
        <TextField
          data-first
          label={t('location.latitude')}
          value={draft.latitude}
          placeholder="41.0082"
          inputMode="text"
          dir="ltr"
          error={wrong(draft.latitude, 90)}
          onPaste={onPaste}
          onChange={(event) => change({ latitude: event.currentTarget.value })}
        />
        <TextField
          label={t('location.longitude')}
          value={draft.longitude}
          placeholder="28.9784"
          inputMode="text"
          dir="ltr"
          error={wrong(draft.longitude, 180)}
          onPaste={onPaste}
          onChange={(event) => change({ longitude: event.currentTarget.value })}
        />
      </div>
      <p className={classes.help}>{t('location.help')}</p>
      <TextField
        label={t('location.name')}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
        maxLength={1000}
      />
      <TextField
        label={t('location.address')}
        value={draft.address}
        onChange={(event) => change({ address: event.currentTarget.value })}
        maxLength={1000}
      />
    </FormDialog>
  );
}
