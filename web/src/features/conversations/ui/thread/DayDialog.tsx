import { DatePicker } from '@mantine/dates';
import '@mantine/dates/styles.css';
import 'dayjs/locale/tr';
import { useTranslation } from 'react-i18next';
import { dayKey } from '@/shared/format/time';
import { currentLocale } from '@/shared/i18n/i18n';
import { Dialog } from '@/shared/ui/Dialog';

/** A day up to today, on the firm's clock. */
export default function DayDialog({ onPick, onClose }: { onPick: (day: string) => void; onClose: () => void }) {
  const { t } = useTranslation('thread');
  return (
    <Dialog title={t('find.pickDay')} onClose={onClose}>
      <div style={{ display: 'grid', padding: '4px 16px 16px', placeItems: 'center' }}>
        <DatePicker
          hideOutsideDates
          // Their red is too pale to read, and a day off is nothing one looks for here.
          weekendDays={[]}
          maxDate={dayKey(Date.now())}
          onChange={(day) => day && onPick(day)}
          locale={currentLocale()}
          firstDayOfWeek={1}
          ariaLabels={{ previousMonth: t('find.previousMonth'), nextMonth: t('find.nextMonth') }}
        />
      </div>
    </Dialog>
  );
}
