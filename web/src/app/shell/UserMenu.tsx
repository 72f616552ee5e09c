import { Menu, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { endWork, unsentCount } from '@/app/lifecycle';
import { signOut } from '@/features/accounts/api';
import { ApiError } from '@/shared/api/client';
import type { Theme } from '@/shared/api/types';
import { currentLocale, LOCALES } from '@/shared/i18n/i18n';
import { savePreference, useCan, useMe } from '@/shared/session/session';
import {
  IconDeviceDesktop,
  IconKeyboard,
  IconListDetails,
  IconLogout,
  IconMessageBolt,
  IconMoon,
  IconSettings,
  IconSun,
} from '@/shared/ui/icons';
import { lazyPart } from '@/shared/ui/lazyPart';
import '@/shared/ui/mantine-menu.css';
import { showError } from '@/shared/ui/showError';
import classes from './Shell.module.css';
import { type Place, UserButton } from './UserControl';

const ConfirmSignOut = lazyPart(() => import('./ConfirmSignOut'));
const THEMES: { theme: Theme; icon: typeof IconSun }[] = [
  { theme: 'light', icon: IconSun },
  { theme: 'dark', icon: IconMoon },
  { theme: 'auto', icon: IconDeviceDesktop },
];

export default function UserMenu({ onHelp, place }: { onHelp: () => void; place: Place }) {
  const { t } = useTranslation('app');
  const { user, tenant } = useMe();
  const [opened, setOpened] = useState(true);
  const { setColorScheme, colorScheme } = useMantineColorScheme();
  const mayCanned = useCan('canned_replies.manage');
  const maySettings = useCan('settings.manage');
  const mayFields = useCan('contact_fields.manage');
  const [asking, setAsking] = useState(false);
  const queries = useQueryClient();
  const navigate = useNavigate();

  const leave = async () => {
    setAsking(false);
    try {
      await signOut();
    } catch (error) {
      // An ended session is what was asked for; anything else must not look like a sign-out.
      if (!(error instanceof ApiError && error.status === 401)) {
        showError(error);
        return;
      }
    }
    await endWork(queries, false);
    await navigate({ to: '/sign-in', search: {}, replace: true });
  };

  return (
    <>
      <Menu
        withInitialFocusPlaceholder={false}
        opened={opened}
        onChange={setOpened}
        position={place === 'rail' ? 'right-end' : 'top-end'}
        width={232}
        withinPortal
        trapFocus
      >
        <Menu.Target>
          <UserButton place={place} autoFocus />
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.menuHead}>
            <strong>{user.name}</strong>
            <span>
              {t(`role.${user.role}`)} · {tenant.name}
            </span>
          </div>
          <Menu.Divider />
          <Menu.Label>{t('theme.label')}</Menu.Label>
          {THEMES.map(({ theme, icon: Icon }) => (
            <Menu.RadioItem
              key={theme}
              value={theme}
              closeMenuOnClick
              checked={colorScheme === theme}
              rightSection={<Icon size={16} stroke={1.5} aria-hidden="true" />}
              onChange={() => {
                setColorScheme(theme);
                savePreference({ theme }).catch(showError);
              }}
            >
              {t(`theme.${theme}`)}
            </Menu.RadioItem>
          ))}
          <Menu.Label>{t('language')}</Menu.Label>
          {LOCALES.map((locale) => (
            <Menu.RadioItem
              key={locale}
              value={locale}
              lang={locale}
              closeMenuOnClick
              checked={currentLocale() === locale}
              onChange={() => void savePreference({ locale }).catch(showError)}
            >
              {t(`languages.${locale}`)}
            </Menu.RadioItem>
          ))}
          <Menu.Divider />
          {place !== 'rail' && mayCanned && (
            <Menu.Item
              leftSection={<IconMessageBolt size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => void navigate({ to: '/canned-replies' })}
            >
              {t('canned')}
            </Menu.Item>
          )}
          {mayFields && (
            <Menu.Item
              leftSection={<IconListDetails size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => void navigate({ to: '/contact-fields' })}
            >
              {t('contactFields')}
            </Menu.Item>
          )}
          {place !== 'rail' && maySettings && (
            <Menu.Item
              leftSection={<IconSettings size={16} stroke={1.5} aria-hidden="true" />}
              onClick={() => void navigate({ to: '/settings' })}
            >
              {t('settings')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconKeyboard size={16} stroke={1.5} aria-hidden="true" />} onClick={onHelp}>
            {t('shortcuts.title')}
          </Menu.Item>
          <Menu.Item
            leftSection={<IconLogout size={16} stroke={1.5} aria-hidden="true" />}
            onClick={() => (unsentCount() > 0 ? setAsking(true) : void leave())}
          >
            {t('signOut')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asking && (
        <Suspense>
          <ConfirmSignOut count={unsentCount()} onStay={() => setAsking(false)} onLeave={() => void leave()} />
        </Suspense>
      )}
    </>
  );
}
