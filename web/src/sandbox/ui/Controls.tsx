import { api } from '../api';
import { type Key, useT } from '../i18n';
import { IconClock, IconClockQuestion, IconCloudOff, IconCopy, IconHandStop, IconHourglass, IconSignatureOff } from '../icons';
import { changeFaults, changeWindow, usePage } from '../store';
import type { FaultName, WindowState } from '../types';
import classes from './Controls.module.css';
import { nameOf } from './Customers';

/** What the switch asks for, and the number its text shows. */
const FAULTS = [
  { name: 'slow', Icon: IconHourglass, wish: { ms: 3000 }, shown: (fault: Numbers) => (fault.ms ?? 0) / 1000 },
  { name: 'throttle', Icon: IconHandStop, wish: { every: 5 }, shown: (fault: Numbers) => fault.every ?? 0 },
  { name: 'duplicate', Icon: IconCopy, wish: { times: 2 }, shown: (fault: Numbers) => fault.times ?? 0 },
  { name: 'forge', Icon: IconSignatureOff, wish: {}, shown: () => '' },
  { name: 'withhold', Icon: IconClockQuestion, wish: {}, shown: () => '' },
  { name: 'refuse', Icon: IconCloudOff, wish: { code: 131016 }, shown: (fault: Numbers) => fault.code ?? 0 },
] as const;
const WINDOWS: WindowState[] = ['open', 'hour', 'closed'];

type Numbers = Record<string, number | null>;

export function Controls() {
  const t = useT();
  const faults = usePage((page) => page.faults.global);
  const on = Object.keys(faults).length;

  const toggle = (name: FaultName, wish: object, active: boolean) => {
    const before = usePage.getState().faults;
    const { [name]: _, ...others } = before.global;
    const global = active ? others : { ...others, [name]: { ...wish } };
    void changeFaults({ ...before, global }, () => api.setFault(name, active ? null : wish));
  };
  const allOff = () => void changeFaults({ ...usePage.getState().faults, global: {} }, api.clearFaults);

  return (
    <div className={classes.controls}>
      <div className={classes.head}>
        <h2 id="faults-title">{t('faults')}</h2>
        {on > 0 && (
          <>
            <span className="chip" data-tone="amber">
              {t('faultsOn', { n: on })}
            </span>
            <button type="button" className={`button ${classes.allOff}`} data-look="link" onClick={allOff}>
              {t('allOff')}
            </button>
          </>
        )}
      </div>
      <div className={classes.grid}>
        {FAULTS.map(({ name, Icon, wish, shown }) => {
          const fault = faults[name];
          return (
            <label key={name} className={classes.card} data-on={fault !== undefined || undefined}>
              <Icon size={19} stroke={1.5} aria-hidden="true" />
              <span className={classes.words}>
                <b>{t(`fault_${name}` as Key)}</b>
                <small>{t(`fault_${name}_text` as Key, { n: shown(fault ?? wish) })}</small>
              </span>
              <input
                type="checkbox"
                role="switch"
                data-testid={`fault-${name}`}
                checked={fault !== undefined}
                aria-checked={fault !== undefined}
                onChange={() => toggle(name, wish, fault !== undefined)}
              />
            </label>
          );
        })}
        <ServiceWindow />
      </div>
    </div>
  );
}

/** Kept where it is put: what the customer writes afterwards counts as written that long ago, so the product sees it too. */
function ServiceWindow() {
  const t = useT();
  const customer = usePage((page) => page.customers.find((one) => one.id === page.selected));
  const hold = customer?.window.hold;

  return (
    <fieldset className={`${classes.card} ${classes.window}`} disabled={!customer}>
      <legend className="visually-hidden">{customer ? t('windowOf', { name: nameOf(customer) }) : t('window')}</legend>
      <IconClock size={19} stroke={1.5} aria-hidden="true" />
      <span className={classes.words} aria-hidden="true">
        <b>{t('window')}</b>
        <small>{customer ? <bdi>{nameOf(customer)}</bdi> : t('windowNobody')}</small>
      </span>
      <span className={classes.segments}>
        {WINDOWS.map((state) => (
          <label key={state}>
            {/* A click, not a change: the window may be in that state by itself, and is to be kept there now. */}
            <input
              type="radio"
              name="window"
              data-testid={`window-${state}`}
              checked={customer?.window.state === state}
              onClick={() => customer && void changeWindow(customer, state)}
              readOnly
            />
            <span>{t(`window_${state}`)}</span>
          </label>
        ))}
      </span>
      {hold && hold !== 'open' && <small className={classes.hold}>{t(`windowHold_${hold}`)}</small>}
    </fieldset>
  );
}
