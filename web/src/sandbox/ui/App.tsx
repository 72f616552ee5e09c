import { useEffect, useState } from 'react';
import { useT } from '../i18n';
import { IconAdjustmentsHorizontal, IconDeviceMobile, IconListDetails, IconTemplate, IconUsers } from '../icons';
import { retry, showTab, start, usePage } from '../store';
import classes from './App.module.css';
import { Controls, FaultsOn } from './Controls';
import { Customers } from './Customers';
import { EventLog } from './EventLog';
import { Offline, Problem, Unreachable } from './Notices';
import { Phone } from './Phone';
import { Templates } from './Templates';
import { TopBar } from './TopBar';

const TABS = [
  ['customers', 'tabCustomers', IconUsers],
  ['phone', 'tabPhone', IconDeviceMobile],
  ['controls', 'tabControls', IconAdjustmentsHorizontal],
  ['templates', 'tabTemplates', IconTemplate],
  ['log', 'tabLog', IconListDetails],
] as const;

export function App() {
  const t = useT();
  const phase = usePage((page) => page.phase);
  const tab = usePage((page) => page.tab);
  const connected = usePage((page) => page.connected);
  const unread = usePage((page) => page.customers.reduce((sum, one) => sum + one.unread, 0));

  const [panel, setPanel] = useState<'controls' | 'templates'>('controls');

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
            {/* On a wide screen the two share a place; on a narrow one the bar below has them. */}
            <div className={classes.chooser} role="group" aria-label={t('side')}>
              {(['controls', 'templates'] as const).map((name) => (
                <button
                  key={name}
                  type="button"
                  aria-pressed={panel === name}
                  data-testid={`panel-${name}`}
                  onClick={() => setPanel(name)}
                >
                  {t(name === 'controls' ? 'faults' : 'templates')}
                </button>
              ))}
              {panel === 'controls' && <FaultsOn />}
            </div>
            {panel === 'controls' ? (
              <section className={classes.controls} aria-labelledby="faults-title">
                <Controls />
              </section>
            ) : (
              <section className={classes.templates} aria-labelledby="templates-title">
                <Templates />
              </section>
            )}
            <section className={classes.log} aria-labelledby="log-title">
              <EventLog />
            </section>
          </div>
        </main>
      )}
      <nav className={classes.tabs} aria-label={t('sections')}>
        {TABS.map(([name, label, Icon]) => (
          <button
            key={name}
            type="button"
            aria-current={tab === name ? 'page' : undefined}
            onClick={() => {
              showTab(name);
              if (name === 'controls' || name === 'templates') setPanel(name);
            }}
          >
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
