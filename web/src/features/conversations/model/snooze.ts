/** The moments offered for snoozing, on the clock of the firm, whatever the agent's own zone is. */
import { zonedParts, zonedTime } from '@/shared/format/time';

export interface SnoozeChoice {
  key: 'inAnHour' | 'thisEvening' | 'tomorrow' | 'monday' | 'nextMessage';
  until: Date | null;
}

const EVENING = 17;
const MORNING = 9;
const MONDAY = 1;

export function snoozeChoices(now: number, zone?: string): SnoozeChoice[] {
  const { year, month, day, hour, weekday } = zonedParts(now, zone);
  const at = (days: number, hours: number) => zonedTime(year, month, day + days, hours, 0, zone);
  const toMonday = (MONDAY - weekday + 7) % 7 || 7;
  const choices: SnoozeChoice[] = [{ key: 'inAnHour', until: new Date(now + 3_600_000) }];
  if (hour < EVENING - 1) choices.push({ key: 'thisEvening', until: at(0, EVENING) });
  choices.push({ key: 'tomorrow', until: at(1, MORNING) });
  if (toMonday > 1) choices.push({ key: 'monday', until: at(toMonday, MORNING) });
  choices.push({ key: 'nextMessage', until: null });
  return choices;
}
