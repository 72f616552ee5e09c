import { Switch } from '@mantine/core';
import '@mantine/core/styles/Input.css';
import '@mantine/core/styles/InlineInput.css';
import '@mantine/core/styles/Switch.css';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { enterSends, setEnterSends } from '@/shared/keys/enter';
import { enableShortcuts, isApple, registeredKeys, shortcutsEnabled } from '@/shared/keys/registry';
import { Dialog } from '@/shared/ui/Dialog';
import { Kbd } from '@/shared/ui/Kbd';
import classes from './ShortcutsHelp.module.css';

const nameOf = (key: string) => (key === 'Ctrl' && isApple() ? '⌘' : key.length === 1 ? key.toUpperCase() : key);

/** What the page that is open answers to right now. */
export default function ShortcutsHelp({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('app');
  const [on, setOn] = useState(shortcutsEnabled());
  const [enter, setEnter] = useState(enterSends());
  const [groups] = useState(() =>
    Map.groupBy(
      registeredKeys().filter((command) => command.label),
      (command) => command.group ?? '',
    ),
  );
  return (
    <Dialog wide title={t('shortcuts.title')} onClose={onClose}>
      <Switch
        label={t('shortcuts.enabled')}
        description={t('shortcuts.why')}
        checked={on}
        onChange={(event) => {
          setOn(event.currentTarget.checked);
          enableShortcuts(event.currentTarget.checked);
        }}
      />
      <Switch
        mt={12}
        label={t('shortcuts.enter')}
        description={t('shortcuts.enterWhy')}
        checked={enter}
        onChange={(event) => {
          setEnter(event.currentTarget.checked);
          setEnterSends(event.currentTarget.checked);
        }}
      />
      <div className={classes.groups} data-off={!on || undefined}>
        {[...groups].map(([group, commands]) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {commands.map((command) => (
                <div key={command.keys}>
                  <dt>{command.label}</dt>
                  <dd>
                    {command.keys.split(' ').map((key) => (
                      <Kbd key={key}>{nameOf(key)}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
