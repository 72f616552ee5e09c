import { useEffect } from 'react';
import { useT } from '../i18n';
import { IconAdjustmentsHorizontal, IconDeviceMobile, IconListDetails, IconUsers } from '../icons';
import { retry, showTab, start, type Tab, usePage } from '../store';
import classes from './App.module.css';
import { Controls } from './Controls';
import { Customers } from './Customers';
import { EventLog } from './EventLog';
import { Offline, Problem, Unreachable } from './Notices';
import { Phone } from './Phone';
import { TopBar } from './TopBar';

const TABS = [
  ['customers', 'tabCustomers', IconUsers],
  ['phone', 'tabPhone', IconDeviceMobile],
  ['controls', 'tabControls', IconAdjustmentsHorizontal],
  ['log', 'tabLog', IconListDetails],
] as const;

export function App() {
  const t = useT();
  const phase = usePage((page) => page.phase);
  const tab = usePage((page) => page.tab);
  const connected = usePage((page) => page.connected);
  const unread = usePage((page) => page.customers.reduce((sum, one) => sum + one.unread, 0));

  useEffect(start, []);

  return (
    <div className={classes.page} data-tab={tab}>
      <TopBar />
      <div role="status">
        {phase === 'ready' && !connected && <Offline onRetry={retry} />}
        <Problem />
      </div>
      {phase === 'failed' ? (
        <Unreachable onRetry={retry} />
      ) : (
        <main className={classes.panes}>
          <section className={classes.customers} aria-label={t('customers')}>
            <Customers />
          </section>
          <section className={classes.phone} aria-label={t('tabPhone')}>
            <Phone />
          </section>
          <div className={classes.side}>
            <section className={classes.controls} aria-labelledby="faults-title">
              <Controls />
            </section>
            <section className={classes.log} aria-labelledby="log-title">
              <EventLog />
            </section>
          </div>
        </main>
      )}
      <nav className={classes.tabs} aria-label={t('sections')}>
        {TABS.map(([name, label, Icon]) => (
          <button key={name} type="button" aria-current={tab === name ? 'page' : undefined} onClick={() => showTab(name as Tab)}>
            <span className={classes.tabIcon}>
              <Icon size={22} stroke={1.5} aria-hidden="true" />
              {name === 'customers' && unread > 0 && <span className={classes.badge}>{unread > 99 ? '99+' : unread}</span>}
            </span>
            {t(label)}
          </button>
        ))}
      </nav>
    </div>
  );
}
