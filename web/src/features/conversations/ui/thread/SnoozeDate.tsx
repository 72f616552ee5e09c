import { DatePicker } from '@mantine/dates';
import { Button } from '@/shared/ui/Button';
import { Dialog } from '@/shared/ui/Dialog';
import '@mantine/dates/styles.css';
import 'dayjs/locale/tr';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { dayKey, zonedTime } from '@/shared/format/time';
import { currentLocale } from '@/shared/i18n/i18n';
import classes from './SnoozeMenu.module.css';

/** Any day and time, on the firm's clock. */
export default function SnoozeDate({ onPick, onClose }: { onPick: (until: Date) => void; onClose: () => void }) {
  const { t } = useTranslation('conversations');
  const today = dayKey(Date.now());
  const [day, setDay] = useState<string | null>(today);
  const [time, setTime] = useState('09:00');
  const [year = 0, month = 1, date = 1] = (day ?? today).split('-').map(Number);
  const [hour = 9, minute = 0] = time.split(':').map(Number);
  const until = zonedTime(year, month, date, hour, minute);
  const past = until.getTime() <= Date.now();
  return (
    <Dialog title={t('snooze.pick')} onClose={onClose}>
      <div className={classes.pick}>
        <DatePicker
          value={day}
          onChange={setDay}
          minDate={today}
          locale={currentLocale()}
          firstDayOfWeek={1}
          ariaLabels={{ previousMonth: t('snooze.previousMonth'), nextMonth: t('snooze.nextMonth') }}
        />
        <div className={classes.row}>
          <label>
            {t('snooze.time')}
            <input type="time" value={time} onChange={(event) => setTime(event.currentTarget.value || '09:00')} />
          </label>
          <Button look="primary" disabled={past} onClick={() => onPick(until)}>
            {t('action.snooze')}
          </Button>
        </div>
        {past && <span className={classes.past}>{t('snooze.past')}</span>}
      </div>
    </Dialog>
  );
}
