import { type ComponentType, useEffect, useState } from 'react';
import { api } from '../api';
import { type FaultOffer, OFFERS, type Parameter, parsed, shownNumber } from '../faults';
import { type Key, useT } from '../i18n';
import {
  IconArrowsShuffle,
  IconClock,
  IconClockQuestion,
  IconCloudOff,
  IconCopy,
  IconHandStop,
  IconHourglass,
  IconPackages,
  IconPhotoOff,
  IconPlugConnectedX,
  IconSignatureOff,
} from '../icons';
import { changeFaults, changeWindow, guarded, usePage } from '../store';
import type { FaultName, WindowState } from '../types';
import classes from './Controls.module.css';
import { nameOf } from './Customers';

type Icon = ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: 'true' }>;
const ICONS: Record<FaultName, Icon> = {
  slow: IconHourglass,
  throttle: IconHandStop,
  refuse: IconCloudOff,
  duplicate: IconCopy,
  reorder: IconArrowsShuffle,
  withhold: IconClockQuestion,
  forge: IconSignatureOff,
  outage: IconPlugConnectedX,
  media: IconPhotoOff,
  batch: IconPackages,
};
const WINDOWS: WindowState[] = ['open', 'hour', 'closed'];

type Numbers = Record<string, number | null>;

export function Controls() {
  const t = useT();
  const faults = usePage((page) => page.faults.global);

  return (
    <div className={classes.controls}>
      <h2 id="faults-title">{t('faults')}</h2>
      <div className={classes.grid}>
        {OFFERS.map((offer) => (
          <Fault key={offer.name} offer={offer} fault={faults[offer.name]} />
        ))}
        <ServiceWindow />
        <MediaLife />
      </div>
    </div>
  );
}

/** How many are on, and all of them off again. */
export function FaultsOn() {
  const t = useT();
  const on = usePage((page) => Object.keys(page.faults.global).length);
  const allOff = () => void changeFaults({ ...usePage.getState().faults, global: {} }, api.clearFaults);
  if (on === 0) return null;
  return (
    <>
      <span className="chip" data-tone="amber">
        {t('faultsOn', { n: on })}
      </span>
      <button type="button" className={`button ${classes.allOff}`} data-look="link" onClick={allOff}>
        {t('allOff')}
      </button>
    </>
  );
}

function change(name: FaultName, wish: Numbers | null): void {
  const before = usePage.getState().faults;
  const { [name]: _, ...others } = before.global;
  const global = wish === null ? others : { ...others, [name]: { ...wish } };
  void changeFaults({ ...before, global }, () => api.setFault(name, wish));
}

/** A switch; once it is on, its numbers. */
function Fault({ offer, fault }: { offer: FaultOffer; fault: Numbers | undefined }) {
  const t = useT();
  const { name, wish, parameters } = offer;
  const Mark = ICONS[name];
  const on = fault !== undefined;
  const withNumber = (parameter: Parameter, value: number | null) => {
    const { until: _, ...numbers } = fault ?? wish;
    change(name, { ...numbers, [parameter.name]: value });
  };
  return (
    <div className={classes.card} data-on={on || undefined}>
      <label className={classes.switch}>
        <Mark size={19} stroke={1.5} aria-hidden="true" />
        <span className={classes.words}>
          <b>{t(`fault_${name}` as Key)}</b>
          <small>{t(`fault_${name}_text` as Key)}</small>
        </span>
        <input
          type="checkbox"
          role="switch"
          data-testid={`fault-${name}`}
          checked={on}
          aria-checked={on}
          onChange={() => change(name, on ? null : wish)}
        />
      </label>
      {fault && (
        <div className={classes.numbers}>
          {fault.until && <Left until={fault.until} />}
          {parameters.map((parameter) => (
            <NumberBox
              key={parameter.name}
              label={t(`parameter_${parameter.name}` as Key)}
              parameter={parameter}
              value={fault[parameter.name]}
              testid={`fault-${name}-${parameter.name}`}
              onChange={(value) => withNumber(parameter, value)}
            />
          ))}
        </div>
      )}
    </div>
  );
}

interface BoxProps {
  label: string;
  parameter: Parameter;
  value: number | null | undefined;
  testid: string;
  onChange: (value: number | null) => void;
}

/** Taken over on Enter or when it is left; a number out of bounds goes back to the one that holds. */
function NumberBox({ label, parameter, value, testid, onChange }: BoxProps) {
  const held = shownNumber(parameter, value);
  const [typed, setTyped] = useState(held);
  useEffect(() => setTyped(held), [held]);
  const take = () => {
    const wanted = parsed(parameter, typed);
    if (wanted === undefined) setTyped(held);
    else if (wanted !== value) onChange(wanted);
  };
  return (
    <label>
      {label}
      <input
        inputMode="decimal"
        value={typed}
        data-testid={testid}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === 'Enter' && take()}
      />
    </label>
  );
}

function Left({ until }: { until: number }) {
  const t = useT();
  const [now, setNow] = useState(() => Date.now() / 1000);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now() / 1000), 500);
    return () => clearInterval(timer);
  }, []);
  return <span role="timer">{t('outageLeft', { n: Math.max(0, Math.ceil(until - now)) })}</span>;
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

const LIFE: Parameter = { name: 'media_url_s', scale: 1, low: 1, high: 86_400 };

/** How long an address of a file lives; the provider's is five minutes. */
function MediaLife() {
  const t = useT();
  const ready = usePage((page) => page.phase === 'ready');
  const [life, setLife] = useState<number | null>(null);
  useEffect(() => {
    if (ready) void guarded(async () => setLife((await api.settings()).whatsapp_cloud.media_url_s));
  }, [ready]);
  if (life === null) return null;
  return (
    <div className={classes.life}>
      <NumberBox
        label={t('mediaLife')}
        parameter={LIFE}
        value={life}
        testid="media-life"
        onChange={(value) =>
          void guarded(async () => setLife((await api.setMediaLife(value ?? life)).whatsapp_cloud.media_url_s))
        }
      />
    </div>
  );
}
