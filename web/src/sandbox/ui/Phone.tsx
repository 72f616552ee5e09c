import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Avatar } from '@/shared/ui/Avatar';
import { type Locale, type Translate, useLocale, useT } from '../i18n';
import { IconChevronLeft, IconDeviceMobile, IconRosetteDiscountCheckFilled } from '../icons';
import { loadOlder, reloadThread, select, usePage } from '../store';
import { bag, shownOf, text } from '../thread';
import { Bubble } from './Bubble';
import { Composer } from './Composer';
import { nameOf } from './Customers';
import classes from './Phone.module.css';

const GROUP_S = 300;
const AT_END_PX = 60;

export function Phone() {
  const t = useT();
  const selected = usePage((page) => page.selected);
  const customer = usePage((page) => page.customers.find((one) => one.id === page.selected));
  if (selected === null)
    return (
      <div className={classes.nobody}>
        <IconDeviceMobile size={36} stroke={1.2} aria-hidden="true" />
        <h2>{t('choose')}</h2>
        <p>{t('chooseText')}</p>
      </div>
    );
  return (
    <div className={classes.stage}>
      <p className={classes.whose}>{customer ? t('phoneOf', { name: nameOf(customer) }) : '\u00a0'}</p>
      <div className={classes.shell}>
        <div className={classes.screen}>
          <Head />
          <Thread key={selected} name={customer ? nameOf(customer) : ''} />
          <Composer key={`composer-${selected}`} />
        </div>
      </div>
    </div>
  );
}

function Head() {
  const t = useT();
  const { numbers, number, typingUntil } = usePage();
  const business = numbers.find((one) => one.phone_number_id === number);
  const [, redraw] = useState(0);

  useEffect(() => {
    const left = typingUntil - Date.now();
    if (left <= 0) return;
    const timer = setTimeout(() => redraw((turn) => turn + 1), left);
    return () => clearTimeout(timer);
  }, [typingUntil]);

  return (
    <div className={classes.head}>
      <button type="button" className={`icon-button ${classes.back}`} aria-label={t('back')} onClick={() => select(null)}>
        <IconChevronLeft size={22} stroke={1.6} aria-hidden="true" />
      </button>
      <Avatar id={number} name={business?.name ?? ''} size={40} />
      <div className={classes.business}>
        <span className={classes.businessName}>
          {business?.name}
          <IconRosetteDiscountCheckFilled size={16} aria-hidden="true" />
        </span>
        <span className={classes.meta} data-typing={typingUntil > Date.now() || undefined}>
          {typingUntil > Date.now() ? t('typing') : t('businessAccount')}
        </span>
      </div>
    </div>
  );
}

function Thread({ name }: { name: string }) {
  const t = useT();
  const { locale } = useLocale();
  const { thread, threadPhase, more } = usePage();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const height = useRef(0);
  const lastTop = useRef(0);
  const first = thread[0]?.seq;
  const last = thread.at(-1);
  const ownNewest = last?.direction === 'customer' ? last.seq : undefined;

  // New messages, and pictures that get their height only when they have come, keep the end in sight.
  useEffect(() => {
    const element = box.current;
    const inner = element?.firstElementChild;
    if (!element || !inner) return;
    const watch = new ResizeObserver(() => {
      if (atEnd.current) element.scrollTop = element.scrollHeight;
      height.current = element.scrollHeight;
    });
    watch.observe(inner);
    return () => watch.disconnect();
  }, []);

  // What the person writes is shown, wherever they had scrolled to.
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || ownNewest === undefined) return;
    atEnd.current = true;
    element.scrollTop = element.scrollHeight;
  }, [ownNewest]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: older messages came before the first one: stay where we were
  useLayoutEffect(() => {
    const element = box.current;
    if (element && !atEnd.current) element.scrollTop += element.scrollHeight - height.current;
  }, [first]);

  return (
    <div
      className={classes.thread}
      ref={box}
      role="log"
      tabIndex={0}
      aria-label={t('thread')}
      aria-busy={threadPhase === 'loading'}
      onScroll={(event) => {
        const element = event.currentTarget;
        // Only a move upwards leaves the end: content that grows under us does not.
        if (element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX) atEnd.current = true;
        else if (element.scrollTop < lastTop.current) atEnd.current = false;
        lastTop.current = element.scrollTop;
      }}
    >
      <div>
        {more && (
          <button type="button" className={`button ${classes.older}`} data-look="link" onClick={() => void loadOlder()}>
            {t('older')}
          </button>
        )}
        {threadPhase === 'failed' && (
          <div className={classes.failed}>
            <p>{t('threadFailed')}</p>
            <button type="button" className="button" onClick={() => void reloadThread()}>
              {t('retry')}
            </button>
          </div>
        )}
        {threadPhase === 'ready' && thread.length === 0 && <p className={classes.empty}>{t('threadEmpty', { name })}</p>}
        {shownOf(thread).map((message, index, all) => {
          const before = all[index - 1];
          const newDay = !before || dayOf(before.at, locale) !== dayOf(message.at, locale);
          const grouped = !newDay && before.direction === message.direction && message.at - before.at < GROUP_S;
          return (
            <div key={message.id} className={classes.item} data-grouped={grouped || undefined}>
              {newDay && <div className={classes.day}>{dayName(message.at, locale, t)}</div>}
              {message.type === 'system' ? (
                <p className={classes.system}>{t('movedTo', { phone: `+${text(bag(message.content).wa_id)}` })}</p>
              ) : (
                <Bubble message={message} quoted={all.find((one) => one.id === message.context)} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

const dayOf = (at: number, locale: Locale) => new Date(at * 1000).toLocaleDateString(locale);

function dayName(at: number, locale: Locale, t: Translate): string {
  const day = dayOf(at, locale);
  if (day === dayOf(Date.now() / 1000, locale)) return t('today');
  if (day === dayOf(Date.now() / 1000 - 86_400, locale)) return t('yesterday');
  return new Date(at * 1000).toLocaleDateString(locale, { day: 'numeric', month: 'long', year: 'numeric' });
}
